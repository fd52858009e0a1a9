package tree

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
)

// applyChildren applies the children of ed to the owned container c, whose
// effective operation is op.
func (e *Editor) applyChildren(c *Container, ed *Edit, op Operation) error {
	var late []*Edit
	for _, k := range ed.Children {
		if k.waits(op) {
			late = append(late, k)
			continue
		}
		if err := e.applyChild(c, k, op); err != nil {
			return err
		}
	}
	for _, k := range late {
		if err := e.applyChild(c, k, op); err != nil {
			return err
		}
	}
	return nil
}

// waits says whether the edit comes behind its siblings: creating a node deletes
// those of other cases, which the siblings may ask to delete as well.
func (ed *Edit) waits(op Operation) bool {
	op = ed.operation(op)
	return ed.Schema.Parent.Kind == schema.Case && op != Delete && op != Remove
}

// operation returns what to do with the node below one whose operation is op.
func (ed *Edit) operation(op Operation) Operation {
	if ed.Operation == Inherit {
		return op
	}
	return ed.Operation
}

func (e *Editor) applyChild(c *Container, ed *Edit, op Operation) error {
	if err := e.checkChild(c, ed.Schema); err != nil {
		return err
	}
	e.path = append(e.path, ed.pathStep())
	if err := e.applyNode(c, ed, ed.operation(op)); err != nil {
		return err
	}
	e.path = e.path[:len(e.path)-1]
	return nil
}

func (ed *Edit) pathStep() schema.PathStep {
	s := schema.PathStep{Node: ed.Schema, Keys: ed.Keys}
	if ed.Schema.Kind == schema.LeafList && !ed.Valueless {
		s.Value = &ed.Value
	}
	return s
}

func (e *Editor) applyNode(c *Container, ed *Edit, op Operation) error {
	switch ed.Schema.Kind {
	case schema.Leaf:
		return e.applyTerm(c, ed, op, func() Node { return NewLeaf(ed.Schema, ed.Value) })
	case schema.AnyData, schema.AnyXML:
		return e.applyTerm(c, ed, op, func() Node { return NewAny(ed.Schema, ed.Any) })
	case schema.LeafList:
		return e.applyLeafList(c, ed, op)
	case schema.Container:
		return e.applyContainer(c, ed, op)
	case schema.List:
		return e.applyEntry(c, ed, op)
	}
	return e.errorf(TagBadElement, "%q is not a data node", ed.Schema.Name)
}

// exists checks what op demands of a node's presence; proceed is false when
// there is nothing more to do.
func (e *Editor) exists(op Operation, present bool) (proceed bool, err error) {
	switch {
	case op == Create && present:
		return false, e.errorf(TagDataExists, "it exists already; use merge or replace to change it")
	case (op == Delete || op == None) && !present:
		return false, e.errorf(TagDataMissing, "it does not exist%s", missingHint(op))
	}
	return op != Remove || present, nil
}

func missingHint(op Operation) string {
	if op == Delete {
		return "; use remove to delete it only if it is there"
	}
	return " and the default operation is none; name an operation to create it"
}

func (e *Editor) applyTerm(c *Container, ed *Edit, op Operation, make func() Node) error {
	cur := c.Child(ed.Schema)
	if ed.Schema.IsKey() {
		return e.applyKey(c, cur.(*Leaf), ed, op)
	}
	if proceed, err := e.exists(op, cur != nil); !proceed {
		return err
	}
	switch op {
	case None:
		return nil
	case Delete, Remove:
		e.dropChild(c, ed.Schema)
		return nil
	}
	if ed.Valueless {
		return e.errorf(TagInvalidValue, "a value is missing")
	}
	if ed.Default {
		e.dropChild(c, ed.Schema)
		return nil
	}
	if n := ed.annotate(make()); !ed.keeps(cur, n, op) {
		e.setChild(c, n)
	}
	return nil
}

// keeps says whether op leaves cur as it is when the edit made n.
func (ed *Edit) keeps(cur, n Node, op Operation) bool {
	return unchanged(cur, n) && (op == Merge || notesOf(cur) == notesOf(n))
}

// applyKey admits what leaves an entry's key as it is; annotations may change.
func (e *Editor) applyKey(c *Container, cur *Leaf, ed *Edit, op Operation) error {
	switch {
	case op == Delete || op == Remove:
		return e.errorf(TagBadElement, "a key cannot be deleted; delete the list entry")
	case op != None && ed.Value.String() != cur.text:
		return e.errorf(TagInvalidValue, "the key of an entry cannot become %q; delete the entry and create another", ed.Value)
	case op != None:
		e.setChild(c, ed.annotate(cur))
	}
	return nil
}

func (e *Editor) applyLeafList(c *Container, ed *Edit, op Operation) error {
	if ed.Valueless {
		return e.applyWholeLeafList(c, ed, op)
	}
	l := e.leafList(c, ed.Schema)
	key := ""
	if !keyless(ed.Schema) {
		key = encodeKeys([]schema.Value{ed.Value})
	}
	var cur Node
	if key != "" {
		cur = l.lookup(ed.Schema, key)
	}
	if proceed, err := e.exists(op, cur != nil); !proceed {
		return err
	}
	switch {
	case op == None:
		return nil
	case op == Delete || op == Remove || ed.Default:
		l.remove(e.owner, ed.Schema, key)
	default:
		n := ed.annotate(NewLeaf(ed.Schema, ed.Value))
		if ed.keeps(cur, n, op) {
			if n = cur; ed.Insert == Keep {
				return nil
			}
		}
		if err := e.place(&l.entries, ed, key, n); err != nil {
			return err
		}
	}
	e.store(c, l)
	return nil
}

// applyWholeLeafList deletes all entries: the edit names the leaf-list without
// a value, as gNMI deletes do.
func (e *Editor) applyWholeLeafList(c *Container, ed *Edit, op Operation) error {
	if proceed, err := e.exists(op, c.Child(ed.Schema) != nil); !proceed {
		return err
	}
	if op != Delete && op != Remove {
		return e.errorf(TagInvalidValue, "a value is missing")
	}
	e.dropChild(c, ed.Schema)
	return nil
}

func (e *Editor) applyContainer(c *Container, ed *Edit, op Operation) error {
	cur, present := c.Child(ed.Schema).(*Container)
	implied := !ed.Schema.Presence // RFC 7950 section 7.5.8: always there
	proceed, err := e.exists(op, present || implied && op == None)
	if !proceed {
		return err
	}
	if op == Delete || op == Remove {
		e.dropChild(c, ed.Schema)
		return nil
	}
	next, err := e.fill(cur, ed, op)
	if err != nil {
		return err
	}
	e.store(c, next)
	return nil
}

// fill returns the container or list entry that results from applying op and
// the children of ed to cur, which is nil when there is none.
func (e *Editor) fill(cur *Container, ed *Edit, op Operation) (*Container, error) {
	next := cur
	if cur == nil || op == Replace || op == Create {
		next = e.newContainer(ed.Schema, ed.Keys)
	} else {
		next = e.own(cur)
	}
	if len(ed.Meta) > 0 && op != None {
		next.notes = notes{}.annotated(ed.Meta)
	}
	return next, e.applyChildren(next, ed, op)
}

func (e *Editor) applyEntry(c *Container, ed *Edit, op Operation) error {
	if len(ed.Keys) == 0 && len(ed.Schema.Keys) > 0 {
		return e.applyWholeList(c, ed, op)
	}
	if len(ed.Keys) != len(ed.Schema.Keys) {
		return e.errorf(TagMissingElement, "the key %q is missing", ed.Schema.Keys[len(ed.Keys)].Name)
	}
	l := e.list(c, ed.Schema)
	key := encodeKeys(ed.Keys)
	var cur *Container
	if key != "" {
		cur, _ = l.lookup(ed.Schema, key).(*Container)
	}
	proceed, err := e.exists(op, cur != nil)
	if !proceed {
		return err
	}
	if op == Delete || op == Remove {
		l.remove(e.owner, ed.Schema, key)
		e.store(c, l)
		return nil
	}
	next, err := e.fill(cur, ed, op)
	if err != nil {
		return err
	}
	if next != cur || ed.Insert != Keep {
		if err := e.place(&l.entries, ed, key, next); err != nil {
			return err
		}
	}
	e.store(c, l)
	return nil
}

// applyWholeList deletes all entries, as a gNMI delete of a list without keys does.
func (e *Editor) applyWholeList(c *Container, ed *Edit, op Operation) error {
	if proceed, err := e.exists(op, c.Child(ed.Schema) != nil); !proceed {
		return err
	}
	if op != Delete && op != Remove {
		return e.errorf(TagMissingElement, "the key %q is missing", ed.Schema.Keys[0].Name)
	}
	e.dropChild(c, ed.Schema)
	return nil
}

// place stores n under key, where ed.Insert says for user-ordered entries.
func (e *Editor) place(es *entries, ed *Edit, key string, n Node) error {
	if ed.Insert == Keep || !userOrdered(ed.Schema) {
		es.put(e.owner, n, key)
		return nil
	}
	after := ""
	switch ed.Insert {
	case Last:
		after, _ = es.nodes.Last()
	case Before, After:
		at, ok := es.labels.Get(encodeKeys(ed.Anchor))
		if !ok {
			// RFC 7950 section 15.7.
			return &Error{
				Tag: TagBadAttribute, AppTag: "missing-instance", Path: e.pathCopy(),
				Message: "the entry to insert next to does not exist",
			}
		}
		if after = at; ed.Insert == Before {
			after, _ = es.nodes.Prev(at)
		}
	}
	if old, ok := es.labels.Get(key); ok {
		if next, ok := es.nodes.Next(after); old == after || ok && old == next { // it stands there
			es.nodes.Set(e.owner, old, n)
			return nil
		}
		es.remove(e.owner, ed.Schema, key)
	}
	es.insert(e.owner, n, key, after)
	return nil
}

func (e *Editor) pathCopy() Path { return append(Path(nil), e.path...) }

func (e *Editor) errorf(tag Tag, format string, args ...any) *Error {
	return &Error{Tag: tag, Path: e.pathCopy(), Message: fmt.Sprintf(format, args...)}
}
