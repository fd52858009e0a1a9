package validate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// run is one validation. The next tree is complete before it starts, so that
// what concerns one place is looked at as soon as a change leads there; what
// several changes add up to is looked at when all are in.
type run struct {
	*Validator
	old, next *tree.Tree
	cursor    *tree.Cursor // of next's root

	index     btree.Map[count]
	referrers btree.Map[referrer]
	owner     *btree.Owner
	touched   map[string]*touch // index keys whose counts changed
	entries   map[nodeID]bool   // entries whose unique tuples were updated
	parents   map[nodeID]bool   // containers whose children were checked
	asker     *asker
	missed    map[wanted]bool
	gone      []string // pathKeys

	errs   []*tree.Error
	untold int // violations beyond maxErrors
}

func newRun(v *Validator, prev *State, next *tree.Tree) *run {
	r := &run{
		Validator: v, next: next, cursor: tree.NewCursor(next, v.scope),
		owner:   new(btree.Owner),
		touched: map[string]*touch{}, entries: map[nodeID]bool{},
		parents: map[nodeID]bool{},
		missed:  map[wanted]bool{},
		old:     tree.New(v.set),
	}
	r.asker = newAsker(v.rules, r.cursor, r.evaluate)
	if prev != nil {
		r.old, r.index, r.referrers = prev.Tree, prev.index, prev.referrers
	}
	return r
}

// change takes in one difference.
func (r *run) change(c tree.Change) {
	if c.Moved {
		r.asker.change(c)
		return
	}
	if anonymous(c.Path) {
		r.changeAll(c)
		return
	}
	if c.Old != nil {
		newCollector(r, c.Path, -1).node(c.Old)
	}
	if c.New != nil {
		newCollector(r, c.Path, +1).node(c.New)
	}
	r.enclosingEntries(c.Path)
	if c.Old == nil || c.New == nil {
		r.checkParent(c.Path)
	}
	if c.New == nil {
		r.wentAt(c.Path)
	}
	if c.Old == nil {
		r.checkBelow(r.cursor.At(c.Path))
	}
	r.asker.change(c)
}

// changeAll takes in the difference of all entries of a list or leaf-list.
func (r *run) changeAll(c tree.Change) {
	newCollector(r, c.Path, -1).all(c.Old)
	newCollector(r, c.Path, +1).all(c.New)
	r.enclosingEntries(c.Path)
	r.checkParent(c.Path)
	r.wentAt(c.Path)
	if _, ok := c.New.(*tree.List); ok {
		each(r.cursor.At(c.Path[:len(c.Path)-1]), chain(c.Path.Schema().DataParent, c.Path.Schema()), r.checkBelow)
	}
	r.asker.change(c)
}

// wholeRoot adds what holds for a tree as such, even an empty one.
func (r *run) wholeRoot() {
	r.checkChildren(r.cursor)
	r.asker.whole()
}

// total looks at what the changes add up to.
func (r *run) total() {
	r.settleIndex()
	r.settleReferrals()
}

// maxErrors is how many violations are told one by one: nobody reads more, and
// a hostile edit could cause any number.
const maxErrors = 1000

func (r *run) report(e *tree.Error) {
	if len(r.errs) == maxErrors {
		r.untold++
		return
	}
	r.errs = append(r.errs, e)
}

// sorted returns the violations in document order of their paths, and last how
// many more there are.
func (r *run) sorted() []*tree.Error {
	paths := make(map[*tree.Error]string, len(r.errs))
	for _, e := range r.errs {
		paths[e] = e.Path.String()
	}
	slices.SortStableFunc(r.errs, func(a, b *tree.Error) int {
		return cmp.Or(cmp.Compare(paths[a], paths[b]), cmp.Compare(a.Message, b.Message))
	})
	// One violation can be found from two sides.
	errs := slices.CompactFunc(r.errs, func(a, b *tree.Error) bool {
		return paths[a] == paths[b] && a.Message == b.Message
	})
	if r.untold > 0 {
		errs = append(errs, &tree.Error{
			Tag:     tree.TagOperationFailed,
			Message: fmt.Sprintf("there are about %d more violations; mend these first", r.untold),
		})
	}
	return errs
}

// scope encodes the list keys and positions along a path: it tells instances of one schema
// node apart.
func scope(dst []byte, path tree.Path) []byte {
	for _, s := range path {
		for _, k := range s.Keys {
			dst = k.AppendKey(dst)
		}
		if s.Position > 0 {
			dst = binary.AppendUvarint(dst, s.Position)
		}
		if s.Value != nil && s.Node.Kind == schema.LeafList {
			dst = s.Value.AppendKey(dst)
		}
	}
	return dst
}

// nodeID identifies a data node in a map.
type nodeID struct {
	schema *schema.Node
	scope  string
}

func idOf(path tree.Path) nodeID {
	if len(path) == 0 {
		return nodeID{}
	}
	var buf [64]byte
	return nodeID{path.Schema(), string(scope(buf[:0], path))}
}
