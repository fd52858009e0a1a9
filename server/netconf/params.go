package netconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/xml"
)

// params are the parameters of one operation: the children of its element,
// each at most once unless it is repeatable, and all of them known.
type params struct {
	op     *xml.Element
	byName map[string]*xml.Element
}

// newParams reads the children of op, which may have the names in known,
// separated by spaces.
func newParams(op *xml.Element, known string) (*params, error) {
	p := &params{op, map[string]*xml.Element{}}
	names := strings.Fields(known)
	for _, c := range op.Children {
		name := c.Name.Local
		switch {
		case c.Name.Space != spaceOf(op, name):
			return nil, protocolError(tagUnknownNamespace,
				fmt.Sprintf("%s has no parameter in namespace %q", op.Name.Local, c.Name.Space), "bad-element", name, "bad-namespace", c.Name.Space)
		case !slices.Contains(names, name):
			return nil, unknownParameter(op, name)
		case p.byName[name] != nil && !repeatable[name]:
			return nil, protocolError(tagBadElement, fmt.Sprintf("%s is given twice", name), "bad-element", name)
		}
		p.byName[name] = c
	}
	if strings.TrimSpace(op.Text) != "" {
		return nil, protocolError(tagBadElement, fmt.Sprintf("%s cannot contain text", op.Name.Local), "bad-element", op.Name.Local)
	}
	return p, nil
}

// repeatable are the parameters that can be given several times; get has the last.
var repeatable = map[string]bool{"origin-filter": true, "negated-origin-filter": true, "select": true}

// augmented are the parameters that other modules add to those of ietf-netconf, with their namespaces.
var augmented = map[string]string{"with-defaults": nsWithDefaults, "comment": nsHistory}

// spaceOf returns the namespace of a parameter of op.
func spaceOf(op *xml.Element, name string) string {
	if space := augmented[name]; space != "" && op.Name.Space == nsBase {
		return space
	}
	return op.Name.Space
}

func unknownParameter(op *xml.Element, name string) error {
	hint := ""
	if why := absentFeature[name]; why != "" {
		hint = "; the server does not announce " + why
	}
	return protocolError(tagUnknownElement, fmt.Sprintf("%s has no parameter %s%s", op.Name.Local, name, hint), "bad-element", name)
}

// absentFeature names the capability that a known parameter would need.
var absentFeature = map[string]string{"startup": ":startup"}

// get returns the parameter, or nil.
func (p *params) get(name string) *xml.Element { return p.byName[name] }

// require returns the parameter, or a missing-element error.
func (p *params) require(name string) (*xml.Element, error) {
	if e := p.byName[name]; e != nil {
		return e, nil
	}
	return nil, missingParameter(p.op.Name.Local, name)
}

func missingParameter(in, name string) error {
	return protocolError(tagMissingElement, fmt.Sprintf("%s needs the parameter %s", in, name), "bad-element", name)
}

// text returns a parameter's trimmed text, or def when it is absent.
func (p *params) text(name, def string) (string, error) {
	e := p.byName[name]
	if e == nil {
		return def, nil
	}
	if len(e.Children) > 0 {
		return "", protocolError(tagBadElement, fmt.Sprintf("%s takes text, not elements", name), "bad-element", name)
	}
	return e.TrimmedText(), nil
}

// oneOf returns the value that a parameter's text names; the first choice is
// the default.
func oneOf[T any](p *params, name string, choices []choice[T]) (value T, err error) {
	text, err := p.text(name, choices[0].name)
	if err != nil {
		return value, err
	}
	var names []string
	for _, c := range choices {
		if c.name == text {
			return c.value, nil
		}
		names = append(names, c.name)
	}
	return value, protocolError(tagInvalidValue,
		fmt.Sprintf("%s is %q, it can be %s", name, text, strings.Join(names, ", ")), "bad-element", name)
}

type choice[T any] struct {
	name  string
	value T
}

// only returns the one child that a parameter such as target must have.
func only(e *xml.Element) (*xml.Element, error) {
	switch len(e.Children) {
	case 1:
		return e.Children[0], nil
	case 0:
		return nil, protocolError(tagMissingElement, fmt.Sprintf("%s names nothing", e.Name.Local), "bad-element", e.Name.Local)
	}
	return nil, protocolError(tagBadElement, fmt.Sprintf("%s can name one thing only", e.Name.Local), "bad-element", e.Children[1].Name.Local)
}
