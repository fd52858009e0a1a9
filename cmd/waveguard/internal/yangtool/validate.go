package yangtool

import (
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// Validate returns what is wrong with data: all of its decoding, else all of
// the constraints it violates. The kind is Config or Data or, when it is empty,
// Data if there is state.
func (c *Schema) Validate(f *File, kind Kind) []Problem {
	d, problems := c.Decode(f, kind != Config)
	if d == nil {
		return problems
	}
	v := validate.New
	if kind == Data || kind == "" && holdsState(d.edit) {
		v = validate.NewWithState
	}
	_, violations := v(c.Set).Check(nil, d.Tree)
	for _, v := range violations {
		problems = append(problems, d.problem(v))
	}
	return problems
}

func holdsState(ed *tree.Edit) bool {
	for _, k := range ed.Children {
		if !k.Schema.Config || holdsState(k) {
			return true
		}
	}
	return false
}
