package yangtool

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// problem translates what is wrong with the document, with its place.
func (d *Document) problem(e *tree.Error) Problem { return problemOf(e).at(d.File, d.find(e.Path)) }

func problemOf(e *tree.Error) Problem {
	p := Problem{Tag: string(e.Tag), AppTag: e.AppTag, Message: e.Message, Rule: rule(e), Hint: hint(e)}
	if len(e.Path) > 0 {
		p.Path = e.Path.String()
	}
	return p
}

// rule returns the statement that e violates, as far as the error tells.
func rule(e *tree.Error) string {
	s := e.Path.Schema()
	if s == nil {
		return ""
	}
	switch e.AppTag {
	case "instance-required":
		return reference(s)
	case "too-few-elements":
		return fmt.Sprintf("min-elements %d", s.MinElements)
	case "too-many-elements":
		return fmt.Sprintf("max-elements %d", s.MaxElements)
	case "missing-choice":
		return "mandatory true"
	case "data-not-unique":
		return "unique"
	}
	for _, m := range s.Musts {
		if m.ErrorMessage == e.Message || m.ErrorMessage == "" && strings.Contains(e.Message, m.Expr.String()) {
			return fmt.Sprintf("must %q", m.Expr)
		}
	}
	switch {
	case (e.Tag == tree.TagDataMissing || e.Tag == tree.TagMissingElement) && s.Mandatory:
		return "mandatory true"
	case e.Tag == tree.TagInvalidValue && s.Type != nil:
		return "type " + s.Type.Name
	}
	return ""
}

func reference(s *schema.Node) string {
	if s.Type != nil && s.Type.Path != nil {
		return fmt.Sprintf("type leafref { path %q; }", s.Type.Path)
	}
	return "require-instance true"
}

// hint says what to do where the message does not.
func hint(e *tree.Error) string {
	switch e.Tag {
	case tree.TagUnknownElement:
		return allowed(e.Path.Schema(), e)
	case tree.TagUnknownNamespace:
		return "name the module with --module NAME and the folder it is in with --path DIR"
	}
	return ""
}

// allowed lists the nodes that can stand below parent, where an unknown one stands.
func allowed(parent *schema.Node, e *tree.Error) string {
	unknown := ""
	for _, info := range e.Info {
		if info[0] == "bad-element" {
			_, unknown = splitName(info[1])
		}
	}
	if parent == nil || unknown == "" {
		return ""
	}
	var names []string
	for _, k := range parent.DataChildren {
		if !k.IsData() {
			continue
		}
		if k.Name == unknown {
			return "" // the message says what is wrong with it
		}
		if distance(k.Name, unknown) <= max(1, len(unknown)/4) {
			return fmt.Sprintf("%s is meant, perhaps", k.Name)
		}
		names = append(names, k.Name)
	}
	return listed(names)
}

func listed(names []string) string {
	const most = 20
	switch {
	case len(names) == 0:
		return "nothing can stand here"
	case len(names) > most:
		names = append(names[:most:most], "...")
	}
	return "allowed here are " + strings.Join(names, ", ")
}

func splitName(name string) (module, local string) {
	if module, local, ok := strings.Cut(name, ":"); ok {
		return module, local
	}
	return "", name
}

// distance is the number of letters to change, insert, leave out or swap with
// their neighbour to get from a to b.
func distance(a, b string) int {
	prev, row := make([]int, len(b)+1), make([]int, len(b)+1)
	var before []int
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, prev, row = prev, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
