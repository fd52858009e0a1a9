package xpath

// order is what is known, before evaluation, of the sequence in which a
// node-set is produced.
type order struct {
	single   bool // at most one node
	ordered  bool // document order
	distinct bool // no node twice
	peer     bool // no node is an ancestor of another
}

var (
	singleOrder  = order{single: true, ordered: true, distinct: true, peer: true}
	sortedOrder  = order{ordered: true, distinct: true}
	forwardPeers = order{ordered: true, distinct: true, peer: true}
	reversePeers = order{distinct: true, peer: true}
	onlyDistinct = order{distinct: true}
)

// after returns the order of a step's result, given that of what it starts
// from.
func (o order) after(axis Axis) order {
	if !o.distinct {
		o = order{}
	}
	switch axis {
	case Self:
		return o
	case Attribute, Namespace:
		return singleOrder
	case Child:
		return o.afterChild()
	case Descendant, DescendantOrSelf:
		return o.afterDescendant()
	}
	if o.single {
		return fromSingle[axis]
	}
	return order{}
}

// fromSingle is the order of the axes other than child and descendant, from one
// node.
var fromSingle = map[Axis]order{
	Parent:           singleOrder,
	Ancestor:         onlyDistinct,
	AncestorOrSelf:   onlyDistinct,
	FollowingSibling: forwardPeers,
	PrecedingSibling: reversePeers,
	Following:        sortedOrder,
	Preceding:        onlyDistinct,
}

func (o order) afterChild() order {
	return order{distinct: o.distinct, peer: o.peer, ordered: o.ordered && o.peer}
}

func (o order) afterDescendant() order {
	return order{distinct: o.distinct && o.peer, ordered: o.ordered && o.peer}
}
