package btree

// Diff calls visit for each key whose value differs between two versions:
// inA and inB say on which side it stands. Subtrees that the versions share are
// skipped, so the cost is that of the change. It stops when visit returns false.
func Diff[V comparable](a, b Map[V], visit func(key string, va, vb V, inA, inB bool) bool) bool {
	x, y := newWalker(a.root), newWalker(b.root)
	var zero V
	for {
		nx, ny := x.subtree(), y.subtree()
		switch {
		case nx != nil && nx == ny:
			x.skip()
			y.skip()
			continue
		case nx != nil && (ny == nil || x.height() >= y.height()):
			x.expand()
			continue
		case ny != nil:
			y.expand()
			continue
		}
		ix, iy := x.item(), y.item()
		switch {
		case ix == nil && iy == nil:
			return true
		case iy == nil || ix != nil && ix.key < iy.key:
			if !visit(ix.key, ix.val, zero, true, false) {
				return false
			}
			x.skip()
		case ix == nil || iy.key < ix.key:
			if !visit(iy.key, zero, iy.val, false, true) {
				return false
			}
			y.skip()
		default:
			if ix.val != iy.val && !visit(ix.key, ix.val, iy.val, true, true) {
				return false
			}
			x.skip()
			y.skip()
		}
	}
}

// walker steps through a B-tree in key order; what comes next is either a
// whole subtree, to be skipped or expanded, or an item.
type walker[V any] struct {
	stack []frame[V]
	depth int // of the whole tree, in levels
}

// frame is a node and the next position in it: even positions are subtrees,
// odd ones items; a leaf has only odd ones.
type frame[V any] struct {
	node *node[V]
	pos  int
}

func newWalker[V any](root *node[V]) *walker[V] {
	w := &walker[V]{}
	for n := root; n != nil; w.depth++ {
		if n.kids == nil {
			n = nil
		} else {
			n = n.kids[0]
		}
	}
	if root != nil {
		// A frame of no items with the root as its only subtree.
		w.stack = append(w.stack, frame[V]{node: &node[V]{kids: []*node[V]{root}}})
		w.depth++
	}
	return w
}

// settle drops finished frames and moves a leaf's frame to its next item.
func (w *walker[V]) settle() *frame[V] {
	for len(w.stack) > 0 {
		f := &w.stack[len(w.stack)-1]
		if f.node.kids == nil && f.pos%2 == 0 {
			f.pos++
		}
		if f.pos/2 < len(f.node.items) || f.node.kids != nil && f.pos == 2*len(f.node.items) {
			return f
		}
		w.stack = w.stack[:len(w.stack)-1]
	}
	return nil
}

func (w *walker[V]) subtree() *node[V] {
	if f := w.settle(); f != nil && f.pos%2 == 0 {
		return f.node.kids[f.pos/2]
	}
	return nil
}

// height is the number of levels in the subtree that comes next.
func (w *walker[V]) height() int { return w.depth - len(w.stack) }

func (w *walker[V]) item() *item[V] {
	if f := w.settle(); f != nil && f.pos%2 == 1 {
		return &f.node.items[f.pos/2]
	}
	return nil
}

func (w *walker[V]) skip() { w.settle().pos++ }

func (w *walker[V]) expand() {
	n := w.subtree()
	w.skip()
	w.stack = append(w.stack, frame[V]{node: n})
}
