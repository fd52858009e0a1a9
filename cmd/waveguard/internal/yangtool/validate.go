package yangtool

import "github.com/optical-net/waveguard/yang/validate"

// Validate returns what is wrong with data: all of its decoding, else all of
// the constraints it violates.
func (c *Schema) Validate(f *File, state bool) []Problem {
	d, problems := c.Decode(f, state)
	if d == nil {
		return problems
	}
	_, violations := validate.New(c.Set).Check(nil, d.Tree)
	for _, v := range violations {
		problems = append(problems, d.problem(v))
	}
	return problems
}
