package access

import "github.com/optical-net/waveguard/yang/schema"

// Concealed returns the nodes that have defaults and that the user may not read
// in any instance, for those who show defaults in use: what Readable leaves out
// would look like one that nobody set. It is nil when there are none, and must
// not be changed.
func (a *Authority) Concealed(u User) map[*schema.Node]bool {
	r := a.rights(u)
	if r.role == Nobody || r.role == Administrator {
		return nil
	}
	r.once.Do(func() { r.conceal(r.start, r.model.set.Root, true) })
	return r.concealed
}

// conceal notes the nodes at and below n, whose state s is.
func (r *rights) conceal(s *state, n *schema.Node, readable bool) {
	readable = readable && s.permits(n).has(Read)
	switch {
	case readable && s.permitsWhole(n).has(Read):
		return
	case !readable && len(n.Defaults) > 0:
		if r.concealed == nil {
			r.concealed = map[*schema.Node]bool{}
		}
		r.concealed[n] = true
	}
	for _, c := range n.DataChildren {
		if c.IsData() {
			r.conceal(s.step(c, nil), c, readable)
		}
	}
}
