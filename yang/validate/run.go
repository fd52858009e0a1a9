package validate

import (
	"cmp"
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// run is one validation.
type run struct {
	*Validator
	old, next *tree.Tree
	cursor    *tree.Cursor // of next's root

	index   btree.Map[count]
	owner   *btree.Owner
	touched map[string]*touch // index keys whose counts changed
	locals  map[string]local  // leafrefs to re-evaluate in place
	entries map[string]bool   // entries whose unique tuples were updated
	parents map[string]bool   // containers whose children were checked
	evals   map[evaluation]*tree.Cursor
	deleted bool

	errs []*tree.Error
}

func newRun(v *Validator, prev *State, next *tree.Tree) *run {
	r := &run{
		Validator: v, next: next, cursor: tree.NewCursor(next, tree.ConfigOnly),
		owner:   new(btree.Owner),
		touched: map[string]*touch{}, locals: map[string]local{}, entries: map[string]bool{},
		parents: map[string]bool{}, evals: map[evaluation]*tree.Cursor{},
		old: tree.New(v.set),
	}
	if prev != nil {
		r.old, r.index = prev.Tree, prev.index
	}
	return r
}

// change takes in one difference: it updates the index and notes what has to
// be looked at again once all differences are in.
func (r *run) change(c tree.Change) {
	if c.Moved {
		return // order is nothing that a constraint of this set can see
	}
	path := slices.Clone(c.Path)
	if c.Old != nil {
		r.collect(c.Old, path, -1)
	}
	if c.New != nil {
		r.collect(c.New, path, +1)
	}
	r.enclosingEntries(path)
	r.dependents(path, c)
	switch {
	case c.Old == nil:
		r.checkParent(path)
		r.checkBelow(r.cursor.At(path))
	case c.New == nil:
		r.deleted = true
		r.checkParent(path)
	}
}

// wholeRoot adds what holds for a tree as such, even an empty one.
func (r *run) wholeRoot() {
	r.checkChildren(r.cursor)
	r.enqueueBelow(r.set.Root, nil)
}

// settle looks at everything noted.
func (r *run) settle() {
	r.settleIndex()
	r.settleLocals()
	r.settleInstanceIDs()
	r.settleEvaluations()
}

func (r *run) report(e *tree.Error) { r.errs = append(r.errs, e) }

func (r *run) sorted() []*tree.Error {
	slices.SortStableFunc(r.errs, func(a, b *tree.Error) int {
		return cmp.Or(cmp.Compare(a.Path.String(), b.Path.String()), cmp.Compare(a.Message, b.Message))
	})
	// One violation can be found from two sides.
	return slices.CompactFunc(r.errs, func(a, b *tree.Error) bool {
		return a.Path.String() == b.Path.String() && a.Message == b.Message
	})
}

// scope encodes the list keys along a path: it tells instances of one schema
// node apart.
func scope(dst []byte, path tree.Path) []byte {
	for _, s := range path {
		for _, k := range s.Keys {
			dst = k.AppendKey(dst)
		}
		if s.Value != nil && s.Node.Kind == schema.LeafList {
			dst = s.Value.AppendKey(dst)
		}
	}
	return dst
}

// nodeKey identifies a data node in a map.
func nodeKey(path tree.Path) string {
	if len(path) == 0 {
		return ""
	}
	return path.Schema().Path() + "\x00" + string(scope(nil, path))
}
