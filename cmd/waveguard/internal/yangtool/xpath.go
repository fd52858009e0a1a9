package yangtool

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Query is a compiled XPath expression.
type Query struct {
	set  *schema.Set
	expr *xpath.Expr
}

// Compiled compiles an expression. A prefix is the name of a module or the prefix
// that a module gives itself; a name without prefix is of any module.
func (c *Schema) Compiled(expr string) (*Query, []Problem) {
	e, err := xpath.Parse(expr, c.prefix)
	if err == nil {
		return &Query{c.Set, e}, nil
	}
	p := Problem{Message: err.Error()}
	var syntax *xpath.SyntaxError
	if errors.As(err, &syntax) {
		f := &File{Name: "(expression)", Text: []byte(expr)}
		p = Problem{Message: syntax.Msg}.at(f, f.placeOf(min(syntax.Offset, len(expr))))
	}
	return nil, []Problem{p}
}

// prefix is the xpath.Resolver of the command line.
func (c *Schema) prefix(prefix string) (string, error) {
	if prefix == "" || c.Module(prefix) != nil {
		return prefix, nil
	}
	var names, all []string
	for _, m := range c.Modules {
		if m.Prefix == prefix && !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
		if m.Implemented {
			all = append(all, m.Name)
		}
	}
	switch len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", fmt.Errorf("%q is neither a module nor a module's prefix; the modules are %s", prefix, strings.Join(all, ", "))
	}
	return "", fmt.Errorf("%q is the prefix of several modules: write the name of one of %s", prefix, strings.Join(names, ", "))
}

// Answer is what an expression evaluates to.
type Answer struct {
	Type  string `json:"type"` // node-set, boolean, number or string
	Value string `json:"value,omitempty"`
	Nodes []Hit  `json:"nodes,omitempty"`
}

// Hit is a selected node.
type Hit struct {
	Path    string `json:"path"`
	Value   string `json:"value,omitempty"` // of a leaf
	Leaf    bool   `json:"-"`
	Default bool   `json:"default,omitempty"` // a default value in use, or an implied container
}

// Evaluate evaluates the expression at the root of data: what is stored, and
// the default values in use.
func (q *Query) Evaluate(t *tree.Tree) (*Answer, error) {
	ctx := xpath.Context{Node: tree.NewCursor(t, tree.ConfigAndState)}
	v, err := q.expr.Value(ctx)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []xpath.Node:
		return &Answer{Type: "node-set", Nodes: hits(t, v)}, nil
	case bool:
		return &Answer{Type: "boolean", Value: fmt.Sprint(v)}, nil
	case string:
		return &Answer{Type: "string", Value: v}, nil
	}
	s, err := q.expr.StringValue(ctx)
	return &Answer{Type: "number", Value: s}, err
}

func hits(t *tree.Tree, nodes []xpath.Node) []Hit {
	var out []Hit
	for _, n := range nodes {
		text := ""
		if n.Kind() == xpath.Text {
			n, text = n.Parent(), "/text()"
		}
		c := n.(*tree.Cursor)
		path := c.Path()
		h := Hit{Path: path.String() + text, Leaf: n.Kind() == xpath.Leaf, Default: t.Find(path) == nil}
		if h.Leaf {
			h.Value = n.Value()
		}
		out = append(out, h)
	}
	return out
}

// Explanation is what an expression means.
type Explanation struct {
	Expression   string   `json:"expression"`   // in normal form
	Dependencies []string `json:"dependencies"` // paths it can touch
}

// Explain returns what the expression means.
func (q *Query) Explain() Explanation {
	e := Explanation{Expression: q.expr.String()}
	for _, d := range q.expr.Deps() {
		e.Dependencies = append(e.Dependencies, d.String())
	}
	return e
}

// Unknown returns the names in the expression that no node of the schema has,
// each as one problem.
func (q *Query) Unknown() []string {
	known := map[string]bool{}
	var names []string
	var walk func(*schema.Node)
	walk = func(n *schema.Node) {
		known[n.Name] = true
		names = append(names, n.Name)
		for _, k := range n.DataChildren {
			walk(k)
		}
	}
	walk(q.set.Root)
	var out []string
	for _, d := range q.expr.Deps() {
		for _, s := range d.Steps {
			if s.Local == "" || known[s.Local] {
				continue
			}
			known[s.Local] = true
			warning := fmt.Sprintf("no node of the modules is called %q", s.Local)
			if i := slices.IndexFunc(names, func(n string) bool { return distance(n, s.Local) <= max(1, len(s.Local)/4) }); i >= 0 {
				warning += fmt.Sprintf("; %s is meant, perhaps", names[i])
			}
			out = append(out, warning)
		}
	}
	return out
}
