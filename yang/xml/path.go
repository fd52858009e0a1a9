package xml

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// FormatPath returns an XPath expression that selects the node at path, as an
// error-path holds it, and the prefixes it uses with their namespaces.
func FormatPath(path tree.Path) (xpath string, namespaces map[string]string) {
	p := prefixes{quote: xpathLiteral}
	var root *schema.Node
	if len(path) > 0 {
		root = path[0].Node.Set().Root
	}
	xpath = p.path(path, root)
	namespaces = make(map[string]string, len(p.bindings))
	for _, b := range p.bindings {
		namespaces[b.Prefix] = b.Space
	}
	return xpath, namespaces
}

// prefixes gathers the namespaces that a text needs, each under one prefix.
type prefixes struct {
	bindings []Binding
	quote    func(string) string // default identifierLiteral
}

// of returns the prefix of a module: its own, unless another one has that.
func (p *prefixes) of(m *schema.Module) string { return p.bind(m.Prefix, m.Namespace) }

// bind returns the prefix of a namespace: the one asked for, unless it is taken.
func (p *prefixes) bind(want, space string) string {
	prefix, taken := want, 0
	for i := 0; i < len(p.bindings); i++ {
		switch b := p.bindings[i]; {
		case b.Space == space:
			return b.Prefix
		case b.Prefix == prefix:
			taken++
			prefix = want + strconv.Itoa(taken)
			i = -1
		}
	}
	p.bindings = append(p.bindings, Binding{prefix, space})
	return prefix
}

// appendMarks writes the attributes of a node.
func (p *prefixes) appendMarks(dst []byte, marks document.Marks, root *schema.Node) []byte {
	if marks.Default {
		dst = append(append(append(dst, ' '), p.bind("wd", WithDefaultsNamespace)...), `:default="true"`...)
	}
	for _, a := range marks.Annotations {
		dst = append(append(append(dst, ' '), p.of(a.Schema.Module)...), ':')
		dst = append(append(dst, a.Schema.Name...), `="`...)
		dst = append(AppendAttrValue(dst, p.text(a.Value, root)), '"')
	}
	return dst
}

// text returns the XML form of a value (RFC 7950 sections 9.10.3, 9.13.2).
func (p *prefixes) text(v schema.Value, root *schema.Node) string {
	switch v.Type().Base {
	case schema.Identityref:
		if id := v.Identity(); id != nil {
			return p.of(id.Module) + ":" + id.Name
		}
	case schema.InstanceIdentifier:
		steps, err := schema.ParseInstancePath(schema.Lexical{Text: v.String(), Form: schema.Canonical, Root: root})
		if err == nil {
			return p.path(steps, root)
		}
	case schema.String:
		if v.Type().XPath {
			return p.expression(v, root)
		}
	}
	return v.String()
}

// expression returns an XPath expression, whose prefixes are module names, with
// those of XML; as it is when one is of no known module.
func (p *prefixes) expression(v schema.Value, root *schema.Node) string {
	out, err := v.Type().RenamePrefixes(v.String(), func(module string) (string, error) {
		if m := root.Set().Module(module); m != nil {
			return p.of(m), nil
		}
		return "", fmt.Errorf("there is no module %q", module)
	})
	if err != nil {
		return v.String()
	}
	return out
}

func (p *prefixes) path(steps []schema.PathStep, root *schema.Node) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString("/" + p.name(s.Node) + p.predicates(s.Node, s.Keys, root))
		if s.Value != nil {
			b.WriteString("[.=" + p.literal(p.text(*s.Value, root)) + "]")
		}
		if s.Position > 0 {
			b.WriteString("[" + strconv.FormatUint(s.Position, 10) + "]")
		}
	}
	return b.String()
}

// predicates picks the entry of a list that has those keys.
func (p *prefixes) predicates(list *schema.Node, keys []schema.Value, root *schema.Node) string {
	var b strings.Builder
	for i, k := range keys {
		b.WriteString("[" + p.name(list.Keys[i]) + "=" + p.literal(p.text(k, root)) + "]")
	}
	return b.String()
}

func (p *prefixes) name(n *schema.Node) string { return p.of(n.Module) + ":" + n.Name }

func (p *prefixes) literal(s string) string {
	switch {
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.Contains(s, `"`):
		return `"` + s + `"`
	case p.quote == nil:
		return identifierLiteral(s)
	}
	return p.quote(s)
}

// identifierLiteral writes a text with both quotes as schema.ParseInstancePath
// reads it.
func identifierLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// xpathLiteral writes a text with both quotes; XPath 1.0 has no escapes.
func xpathLiteral(s string) string {
	return "concat('" + strings.ReplaceAll(s, "'", `',"'",'`) + "')"
}
