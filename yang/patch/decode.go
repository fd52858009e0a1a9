package patch

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Decode reads a patch of a tree of the schema set from c, an instance of a container
// yang-patch. The error is an *Error, or a *tree.Error when no edit is to blame.
func Decode(set *schema.Set, c *tree.Container) (*Patch, error) {
	id, ok := c.Leaf("patch-id")
	if !ok {
		return nil, lacks("patch-id")
	}
	p := &Patch{ID: id.String(), Comment: text(c, "comment")}
	edits, _ := c.Child(c.Schema().Child("", "edit")).(*tree.List)
	if edits == nil {
		return p, nil
	}
	for e := range edits.All() {
		ed, err := decodeEdit(set, e)
		if err != nil {
			return nil, &Error{EditID: text(e, "edit-id"), Err: err}
		}
		p.Edits = append(p.Edits, ed)
	}
	return p, nil
}

func decodeEdit(set *schema.Set, c *tree.Container) (ed Edit, err error) {
	ed = Edit{ID: text(c, "edit-id"), Operation: Operation(text(c, "operation"))}
	if ed.Operation == "" {
		return ed, lacks("operation")
	}
	target, ok := c.Leaf("target")
	if !ok {
		return ed, lacks("target")
	}
	if ed.Target, err = ParseTarget(set, target.String()); err != nil {
		return ed, err
	}
	if err := ed.checkTarget(); err != nil {
		return ed, err
	}
	if err := ed.decodePlace(set, c); err != nil || !ed.Operation.brings() {
		return ed, err
	}
	value, _ := c.Child(c.Schema().Child("", "value")).(*tree.Any)
	if value == nil {
		return ed, lacks("value")
	}
	ed.Value, err = decodeValue(set, ed.Target, value.Content(), value.Schema())
	return ed, err
}

// checkTarget refuses targets that the operation cannot have.
func (ed *Edit) checkTarget() error {
	last := ed.Target.Schema()
	switch {
	case last.IsKey():
		return invalid(ed.Target, "a key is not changed by itself; delete the entry and create another")
	case whole(ed.Target) && hasIdentity(last):
		return invalid(ed.Target, "the path has to name one entry of %q: write %s=value", last.Name, last.Name)
	case whole(ed.Target) && ed.Operation == Merge:
		return invalid(ed.Target, "nothing tells the entries of %q apart; replace them all", last.Name)
	case (ed.Operation == Insert || ed.Operation == Move) && !last.OrderedByUser:
		return invalid(ed.Target, "%q is not ordered by the user: nothing can be inserted or moved", last.Name)
	}
	return nil
}

// decodePlace reads where an insert or a move puts the target.
func (ed *Edit) decodePlace(set *schema.Set, c *tree.Container) (err error) {
	if ed.Operation != Insert && ed.Operation != Move {
		return nil
	}
	if ed.Where = Where(text(c, "where")); ed.Where == "" {
		ed.Where = Last
	}
	if !ed.Where.beside() {
		return nil
	}
	point, ok := c.Leaf("point")
	if !ok {
		return lacks("point")
	}
	if ed.Point, err = ParseTarget(set, point.String()); err != nil {
		return err
	}
	n := len(ed.Target) - 1
	if len(ed.Point) != n+1 || ed.Point.Schema() != ed.Target.Schema() || whole(ed.Point) ||
		FormatTarget(ed.Point[:n]) != FormatTarget(ed.Target[:n]) {
		return invalid(ed.Point, "the point is no entry of the list of the target")
	}
	return nil
}

func text(c *tree.Container, name string) string {
	v, ok := c.Leaf(name)
	if !ok {
		return ""
	}
	return v.String()
}

func lacks(name string) error {
	return &tree.Error{
		Tag: tree.TagMissingElement, Info: [][2]string{{"bad-element", name}},
		Message: "the leaf or node \"" + name + "\" is missing",
	}
}
