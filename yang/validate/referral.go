package validate

import (
	"encoding/binary"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// referral is a reference that is checked by following it. The leafs that carry
// it are kept by what they refer to, so that those can be found again whose
// target goes: a target that comes breaks no reference.
type referral struct {
	id       uint32
	node     *schema.Node // the leaf
	rule     *constraint
	byValue  bool // leafrefs: kept under the value
	instance bool // instance-identifiers: kept under the path
}

// planReference plans what the counts of the index don't keep: leafrefs whose
// paths have predicates or that have to do with default values,
// instance-identifiers, and unions of these.
func (v *Validator) planReference(n *schema.Node) {
	if t := n.Type; t == nil || !mustRefer(t) || t.Base == schema.Leafref && indexed(n) {
		return
	}
	v.referrals++
	ref := &referral{id: v.referrals, node: n, rule: &constraint{at: n, ref: n.Type}}
	v.rules.add(ref.rule, n)
	v.planMember(ref, n.Type)
	if ref.byValue || ref.instance {
		v.plan(n).referrals = append(v.plan(n).referrals, ref)
	}
	v.instances = v.instances || ref.instance
}

// planMember plans what the type of ref, or a member of it, can refer to.
func (v *Validator) planMember(ref *referral, t *schema.Type) {
	for _, m := range t.Members {
		v.planMember(ref, m)
	}
	switch {
	case !t.RequireInstance:
	case t.Base == schema.InstanceIdentifier:
		ref.instance = true
	case t.Base == schema.Leafref:
		deps := t.Path.Deps()
		if findable(t, deps) {
			deps = slices.DeleteFunc(deps, func(d xpath.Dep) bool { return !d.Current })
			ref.byValue = true
			v.plan(t.Target).sought = append(v.plan(t.Target).sought, ref)
		}
		for _, d := range deps {
			v.rules.addDep(ref.rule, ref.node, ref.node, d)
		}
	}
}

// findable says that a leafref can be broken from the other end only by the
// going of a stored target: the path filters by nothing but keys, which never
// change, and what it compares them to is seen from the leaf.
func findable(t *schema.Type, deps []xpath.Dep) bool {
	if t.Target == nil || len(t.Target.Defaults) > 0 || len(deps) == 0 || !t.Path.Seeks() {
		return false
	}
	path := deps[len(deps)-1] // behind those of its predicates
	keys := listKeys(path, t.Target)
	return !path.Current && !slices.ContainsFunc(deps[:len(deps)-1], func(d xpath.Dep) bool {
		return !d.Current && !keys[d.String()] || d.Deref
	})
}

// listKeys returns the paths, in the form of deps, to the keys of the lists that
// the path to target leads through.
func listKeys(path xpath.Dep, target *schema.Node) map[string]bool {
	keys := map[string]bool{}
	for n, i := target, len(path.Steps); i > 0 && n.Kind != schema.Root; n, i = n.DataParent, i-1 {
		if path.Steps[i-1].Axis != xpath.Child {
			break
		}
		for _, k := range n.Keys {
			d := path
			d.Steps = append(slices.Clone(path.Steps[:i]), xpath.DepStep{Axis: xpath.Child, Module: k.Module.Name, Local: k.Name})
			keys[d.String()] = true
		}
	}
	return keys
}

// wanted is what went and somebody may refer to.
type wanted struct {
	ref   *referral
	value string
}

// refer keeps the leaf at the collector's path, or no longer.
func (c *collector) refer(ref *referral, l *tree.Leaf) {
	value := l.Value().String()
	if ref.byValue {
		c.keep(binary.BigEndian.AppendUint32(nil, ref.id), value, ref)
	}
	if !ref.instance {
		return
	}
	path, err := c.set.ParsePath(value)
	if err != nil {
		return
	}
	c.keep(byPath, pathKey(path), ref)
	if fickle(path) {
		c.keep(byChance, "", ref)
	}
}

// The first octets of the keys that instance-identifiers are kept under; those
// of values begin with the number of a referral, which is not zero.
var (
	byPath   = []byte{0, 0, 0, 0, 0}
	byChance = []byte{0, 0, 0, 0, 1}
)

func (c *collector) keep(space []byte, value string, ref *referral) {
	key := append(append(space[:len(space):len(space)], value...), 0)
	key = scope(binary.BigEndian.AppendUint32(key, ref.id), c.path)
	if c.sign < 0 {
		c.referrers.Delete(c.owner, string(key))
		return
	}
	c.referrers.Set(c.owner, string(key), referrer{ref, slices.Clone(c.path)})
}

// referrer is a leaf that refers to something.
type referrer struct {
	*referral
	path tree.Path
}

// pathKey returns the key under which an identifier of path is kept: the path,
// so that all that lead below a node are found by its own. A position can change
// with any other entry.
func pathKey(path tree.Path) string {
	for i, s := range path {
		if s.Position > 0 {
			return tree.Path(append(path[:i:i], schema.PathStep{Node: s.Node})).String() + "[#"
		}
	}
	return path.String()
}

// fickle says that what path identifies may be a default value or an implied
// container whose being in use depends on other nodes.
func fickle(path tree.Path) bool {
	last := path.Schema()
	if last.Kind == schema.LeafList && len(last.Defaults) > 0 {
		return true // stored values displace them
	}
	if len(last.Defaults) == 0 && (last.Kind != schema.Container || last.Presence) {
		return false
	}
	return slices.ContainsFunc(path, func(s schema.PathStep) bool { return len(s.Node.Whens) > 0 || choiceOf(s.Node) != nil })
}

// went notes that a target is gone.
func (c *collector) went(ref *referral, l *tree.Leaf) {
	if c.sign < 0 {
		c.missed[wanted{ref, l.Value().String()}] = true
	}
}

// wentAt notes that the instance at path, and all below, is gone or moved up.
func (r *run) wentAt(path tree.Path) {
	if !r.instances {
		return
	}
	r.gone = append(r.gone, path.String())
	if s := path[len(path)-1]; s.Value != nil {
		r.gone = append(r.gone, pathKey(append(path[:len(path)-1:len(path)-1], schema.PathStep{Node: s.Node, Position: 1})))
	}
}

// settleReferrals asks those who referred to what is gone, in the tree as it is
// now.
func (r *run) settleReferrals() {
	for w := range r.missed {
		key := append(binary.BigEndian.AppendUint32(nil, w.ref.id), w.value...)
		r.askReferrers(append(key, 0))
		for _, d := range w.ref.node.Defaults {
			if d.String() == w.value { // in use, it is stored nowhere
				r.asker.from(newAffection(w.ref.rule, r.set.Root), nil)
			}
		}
	}
	for _, path := range r.gone {
		r.askReferrers(append(byPath[:len(byPath):len(byPath)], path...))
	}
	if r.instances {
		r.askReferrers(byChance)
	}
}

func (r *run) askReferrers(prefix []byte) {
	for _, ref := range r.referrers.Prefixed(string(prefix)) {
		r.asker.from(newAffection(ref.rule, ref.node), ref.path)
	}
}
