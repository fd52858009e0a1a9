package validate

import (
	"encoding/binary"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// count is what the index knows under one key. For a leafref group and value:
// how many leafs hold the value as targets, how many refer to it. For a unique
// statement and tuple: refs is the number of entries that have the tuple.
type count struct{ targets, refs int32 }

// factPlan says what a schema node contributes to the index.
type factPlan struct {
	roles   []role
	uniques []*uniqueRule
	// referrals are the references of a leaf, sought those that can lead to it.
	referrals, sought []*referral
	below             bool // some descendant contributes
}

// role is a leaf's part in a leafref group.
type role struct {
	group  *refGroup
	target bool
}

// refGroup gathers the leafrefs that lead from below one anchor to one target.
// Values must agree below the same instance of the anchor.
type refGroup struct {
	id        uint32
	target    *schema.Node
	anchor    *schema.Node
	depth     int // of the anchor, in path steps
	referrers []*schema.Node
	// single says that one instance of the anchor has at most one target and one
	// instance of each referrer, so that looking is cheaper than an index.
	single bool
	// toTarget leads from the anchor to the target.
	toTarget []*schema.Node
}

type uniqueRule struct {
	id   uint32
	list *schema.Node
	tags []*schema.Node
}

type groupKey struct {
	target, anchor *schema.Node
	single         bool
}

func (v *Validator) plan(n *schema.Node) *factPlan {
	p := v.facts[n]
	if p == nil {
		p = &factPlan{}
		v.facts[n] = p
	}
	return p
}

// planFacts builds the leafref groups and unique rules of the schema.
func (v *Validator) planFacts() {
	groups := map[groupKey]*refGroup{}
	id := uint32(0)
	v.walk(v.set.Root, func(n *schema.Node) {
		for _, tags := range n.Unique {
			if !v.sees(tags[0]) || conditional(n, tags) {
				continue
			}
			id++
			v.plan(n).uniques = append(v.plan(n).uniques, &uniqueRule{id, n, tags})
		}
		if n.Type == nil {
			return
		}
		if anchor := leafrefAnchor(n); anchor != nil {
			v.join(groups, n, anchor, &id)
		}
	})
}

// leafrefAnchor returns the anchor of a leafref; nil when n is none that is
// checked by index.
func leafrefAnchor(n *schema.Node) *schema.Node {
	if t := n.Type; t.Base != schema.Leafref || !t.RequireInstance || !indexed(n) {
		return nil
	}
	return topOf(n)
}

// topOf returns the ancestor of a leafref, whose path is simple, from which the
// path leads only downwards.
func topOf(n *schema.Node) *schema.Node {
	dep := n.Type.Path.Deps()[0]
	at := n
	if dep.Absolute {
		for at.Kind != schema.Root {
			at = at.DataParent
		}
		return at
	}
	for _, s := range dep.Steps {
		if s.Axis != xpath.Parent {
			break
		}
		at = at.DataParent
	}
	return at
}

// indexed says that the index can keep a leafref: its path has no predicates,
// and no default values come and go at its ends.
func indexed(n *schema.Node) bool {
	t := n.Type
	return t.Target != nil && simplePath(t) && len(n.Defaults) == 0 && len(t.Target.Defaults) == 0
}

// simplePath says that a leafref's path has steps up, then down, and no predicates.
func simplePath(t *schema.Type) bool {
	deps := t.Path.Deps()
	if len(deps) != 1 || deps[0].Deref {
		return false
	}
	down := deps[0].Absolute
	for _, s := range deps[0].Steps {
		switch {
		case s.Axis == xpath.Parent && !down:
		case s.Axis == xpath.Child:
			down = true
		default:
			return false
		}
	}
	return true
}

func (v *Validator) join(groups map[groupKey]*refGroup, n, anchor *schema.Node, id *uint32) {
	target := n.Type.Target
	key := groupKey{target, anchor, onlyOne(anchor, target) && onlyOne(anchor, n)}
	g := groups[key]
	if g == nil {
		*id++
		g = &refGroup{id: *id, target: target, anchor: anchor, depth: depth(anchor), single: key.single, toTarget: chain(anchor, target)}
		groups[key] = g
		v.plan(target).roles = append(v.plan(target).roles, role{g, true})
	}
	g.referrers = append(g.referrers, n)
	v.plan(n).roles = append(v.plan(n).roles, role{g, false})
}

// onlyOne says that an instance of anchor has at most one instance of n below it.
func onlyOne(anchor, n *schema.Node) bool {
	for _, s := range chain(anchor, n) {
		if s.Kind == schema.List || s.Kind == schema.LeafList {
			return false
		}
	}
	return true
}

// markAbove notes on every ancestor that something below contributes.
func (v *Validator) markAbove() {
	var with []*schema.Node
	for n := range v.facts {
		with = append(with, n)
	}
	for _, n := range with {
		for p := n.DataParent; p != nil; p = p.DataParent {
			v.plan(p).below = true
		}
	}
}

// collector walks a created or deleted subtree and counts what it contributes.
type collector struct {
	*run
	sign int32
	path tree.Path // of the node being visited
	base int       // length of the path at the top of the subtree
}

func newCollector(r *run, path tree.Path, sign int32) *collector {
	return &collector{r, sign, append(make(tree.Path, 0, len(path)+4), path...), len(path)}
}

// all counts a list or leaf-list, whose step ends the path, as a whole.
func (c *collector) all(n tree.Node) {
	if n != nil {
		c.path = c.path[:len(c.path)-1]
		c.entries(n)
	}
}

func (c *collector) node(n tree.Node) {
	p := c.facts[n.Schema()]
	if p == nil {
		return
	}
	switch x := n.(type) {
	case *tree.Leaf:
		c.leaf(p, x)
	case *tree.Container:
		for _, u := range p.uniques {
			c.countTuple(u, x, c.path, c.sign)
		}
		if p.below {
			c.children(x)
		}
	}
}

func (c *collector) children(parent *tree.Container) {
	for k := range parent.Children() {
		switch k.(type) {
		case *tree.List, *tree.LeafList:
			c.entries(k)
		default:
			c.child(k, schema.PathStep{Node: k.Schema()})
		}
	}
}

func (c *collector) entries(n tree.Node) {
	if c.facts[n.Schema()] == nil {
		return
	}
	switch x := n.(type) {
	case *tree.List:
		i := uint64(0)
		for entry := range x.All() {
			step := schema.PathStep{Node: x.Schema(), Keys: entry.Keys()}
			if i++; len(step.Keys) == 0 {
				step.Position = i
			}
			c.child(entry, step)
		}
	case *tree.LeafList:
		for leaf := range x.All() {
			value := leaf.Value()
			c.child(leaf, schema.PathStep{Node: x.Schema(), Value: &value})
		}
	}
}

func (c *collector) child(n tree.Node, step schema.PathStep) {
	c.path = append(c.path, step)
	c.node(n)
	c.path = c.path[:len(c.path)-1]
}

func (c *collector) leaf(p *factPlan, l *tree.Leaf) {
	for _, ref := range p.referrals {
		c.refer(ref, l)
	}
	for _, ref := range p.sought {
		c.went(ref, l)
	}
	for _, role := range p.roles {
		g := role.group
		if g.single {
			c.local(role, l)
			continue
		}
		key := append(indexKey(g.id, c.path[:g.depth]), l.Value().String()...)
		change := count{refs: c.sign}
		if role.target {
			change = count{targets: c.sign}
		}
		t := c.bump(key, change)
		if t.group == nil {
			t.group, t.anchor, t.value = g, slices.Clone(c.path[:g.depth]), l.Value()
		}
	}
}

func indexKey(id uint32, anchor tree.Path) []byte {
	return scope(binary.BigEndian.AppendUint32(make([]byte, 0, 64), id), anchor)
}

// touch is an index key whose count changed, with what its error would say.
type touch struct {
	group  *refGroup
	anchor tree.Path
	value  schema.Value

	unique *uniqueRule
	entry  tree.Path // an entry that has the tuple
}

func (r *run) bump(key []byte, by count) *touch {
	k := string(key)
	c, _ := r.index.Get(k)
	c.targets += by.targets
	c.refs += by.refs
	if c == (count{}) {
		r.index.Delete(r.owner, k)
	} else {
		r.index.Set(r.owner, k, c)
	}
	t := r.touched[k]
	if t == nil {
		t = &touch{}
		r.touched[k] = t
	}
	return t
}

// dangler identifies the leafrefs of one group below one instance of its anchor.
type dangler struct {
	group  *refGroup
	anchor string
}

// settleIndex reports the touched keys whose counts break a rule. The values
// without target are gathered first, so that however many there are, those who
// refer to them are looked for once.
func (r *run) settleIndex() {
	values := map[dangler]map[string]bool{}
	anchors := map[dangler]tree.Path{}
	for k, t := range r.touched {
		c, ok := r.index.Get(k)
		switch {
		case !ok:
		case t.group != nil && c.refs > 0 && c.targets == 0:
			d := dangler{t.group, string(scope(nil, t.anchor))}
			if values[d] == nil {
				values[d], anchors[d] = map[string]bool{}, t.anchor
			}
			values[d][t.value.String()] = true
		case t.unique != nil && c.refs > 1:
			entry, _ := r.next.Find(t.entry).(*tree.Container)
			r.notUnique(t.unique, entry, t.entry)
		}
	}
	for d, missing := range values {
		r.danglers(d.group, anchors[d], missing)
	}
}
