package validate

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// asker puts to a tree the constraints that changes of it can affect, each once
// at each place.
type asker struct {
	plan  *constraintPlan
	root  *tree.Cursor // of the changed tree
	asked map[question]bool
	ask   func(*constraint, *tree.Cursor)
	asks  int // how often ask was called
}

// question is a constraint at the instances below one node.
type question struct {
	*constraint
	below nodeID
}

func newAsker(p *constraintPlan, root *tree.Cursor, ask func(*constraint, *tree.Cursor)) *asker {
	return &asker{plan: p, root: root, asked: map[question]bool{}, ask: ask}
}

// change asks what one difference affects.
func (a *asker) change(c tree.Change) {
	switch {
	case c.Moved: // which predicates that count can see
		a.elsewhere(c.Path)
	case anonymous(c.Path):
		a.allCameOrWent(c.Path)
	case c.Old != nil && c.New != nil:
		a.changed(c.Path)
	default:
		a.cameOrWent(c.Path, c.New != nil)
	}
}

// changed asks what a changed value affects.
func (a *asker) changed(path tree.Path) {
	for _, f := range a.plan.on[path.Schema()] {
		a.from(f, path[:min(f.depth, len(path))])
	}
	a.anything()
}

// cameOrWent asks what the coming or going of a node affects: the constraints
// that it carries itself, here or where it is implied now, and those elsewhere
// that look at it.
func (a *asker) cameOrWent(path tree.Path, came bool) {
	s := path.Schema()
	if own := a.plan.own[s]; came && len(own) > 0 {
		at := a.root.At(path)
		for _, f := range own {
			a.at(f, at, path)
		}
	} else {
		for _, f := range own {
			a.from(f, path)
		}
	}
	a.elsewhere(path)
}

// allCameOrWent asks what the entries of a list or leaf-list affect.
func (a *asker) allCameOrWent(path tree.Path) {
	s := path.Schema()
	for _, f := range a.plan.own[s] {
		a.from(newAffection(f.constraint, s.DataParent), path[:len(path)-1])
	}
	a.elsewhere(path)
}

// elsewhere asks those constraints not at or below a node that look at whether and
// where it is.
func (a *asker) elsewhere(path tree.Path) {
	for _, f := range a.plan.above[path.Schema()] {
		a.from(f, path[:min(f.depth, len(path))])
	}
	a.anything()
}

func (a *asker) anything() {
	for _, f := range a.plan.anything {
		a.from(f, nil)
	}
}

// whole asks what the root carries, which is everything.
func (a *asker) whole() {
	for _, f := range a.plan.own[a.root.Node().Schema()] {
		a.at(f, a.root, nil)
	}
}

// from asks f below the instance of its anchor at path. Where that is gone, it
// may be implied: the nearest node that is stored knows.
func (a *asker) from(f affection, path tree.Path) {
	at := a.root.At(path)
	for at == nil {
		s := path.Schema()
		if s.Kind != schema.Container && s.Kind != schema.Leaf && s.Kind != schema.LeafList || s.Presence {
			return
		}
		path = path[:len(path)-1]
		at = a.root.At(path)
		f = newAffection(f.constraint, s.DataParent)
	}
	a.at(f, at, path)
}

func (a *asker) at(f affection, at *tree.Cursor, path tree.Path) {
	q := question{f.constraint, idOf(path)}
	if a.asked[q] {
		return
	}
	a.asked[q] = true
	each(at, f.steps, func(c *tree.Cursor) {
		a.asks++
		a.ask(f.constraint, c)
	})
}

// each calls visit for the cursors of all instances below at that the schema
// path leads to, implied ones included.
func each(at *tree.Cursor, path []*schema.Node, visit func(*tree.Cursor)) {
	if len(path) == 0 {
		visit(at)
		return
	}
	at.Children(path[0].Module.Name, path[0].Name, func(n xpath.Node) bool {
		each(n.(*tree.Cursor), path[1:], visit)
		return true
	})
}

// affection is a constraint that a change of some node can affect: at the
// instances below the changed node's instance of anchor that steps lead to.
type affection struct {
	*constraint
	anchor *schema.Node
	depth  int
	steps  []*schema.Node
}

func newAffection(c *constraint, anchor *schema.Node) affection {
	return affection{c, anchor, depth(anchor), chain(anchor, c.at)}
}

// constraintPlan says which constraints a change can affect.
type constraintPlan struct {
	set *schema.Set
	// on has what a change of a schema node's value affects, above what its
	// coming or going affects beyond the constraints at or below it, own the
	// constraints that are carried at or below it.
	on, above, own map[*schema.Node][]affection
	// anything are the constraints whose dependencies cannot be known.
	anything []affection
}

func newConstraintPlan(set *schema.Set) *constraintPlan {
	return &constraintPlan{
		set: set,
		on:  map[*schema.Node][]affection{}, above: map[*schema.Node][]affection{}, own: map[*schema.Node][]affection{},
	}
}

// enter appends what is not in the list yet.
func enter(to map[*schema.Node][]affection, n *schema.Node, a affection) {
	if !has(to[n], a) {
		to[n] = append(to[n], a)
	}
}

func has(list []affection, a affection) bool {
	return slices.ContainsFunc(list, func(b affection) bool { return b.constraint == a.constraint && b.anchor == a.anchor })
}
