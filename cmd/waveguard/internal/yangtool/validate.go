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
	if kind == Data || kind == "" && holdsState(d.Tree.Root()) {
		v = validate.NewWithState
	}
	_, violations := v(c.Set).Check(nil, d.Tree)
	for _, v := range violations {
		problems = append(problems, d.problem(v))
	}
	return problems
}

// holdsState says whether data has state: without any it is configuration.
func holdsState(c *tree.Container) bool {
	for k := range c.Children() {
		if !k.Schema().Config {
			return true
		}
		switch x := k.(type) {
		case *tree.Container:
			if holdsState(x) {
				return true
			}
		case *tree.List:
			for entry := range x.All() {
				if holdsState(entry) {
					return true
				}
			}
		}
	}
	return false
}
