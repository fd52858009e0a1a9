package push

import (
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/tree"
)

// changes sends what becomes different in a selection (RFC 8641 section 3.2). It
// holds the versions that it has seen and sent, so that however much happens
// between two updates, the second is the difference that is left.
type changes struct {
	view
	trigger
	seen  *tree.Tree // the datastore, when it was last looked at
	sent  *tree.Tree // the part of it that the receiver has
	whole bool       // all of the part is to be sent
	lost  bool       // the part could not be made, which the receiver knows
	after time.Time  // no update before
	patch uint64     // those since all was sent
}

func newChanges(v view, t *terms) (*changes, error) {
	c := &changes{view: v, trigger: t.trigger, whole: t.sync}
	if err := c.mustTell(); err != nil {
		return nil, err
	}
	c.seen = c.held()
	var err error
	c.sent, err = c.part(c.seen)
	return c, err
}

// mustTell refuses a selection of nothing but state that is made when it is asked
// for. Where it has something else too, that state is left out (RFC 8641 section 3.10).
func (c *changes) mustTell() error {
	held, err := c.part(c.held())
	if err != nil || held.Root().Len() > 0 {
		return err
	}
	all, err := c.all()
	if err != nil {
		return err
	}
	if part, err := c.view.part(all); err != nil || part.Root().Len() == 0 {
		return err
	}
	return &refusal{reason: onChangeUnsupported, message: "what is selected is made when it is asked for, and nobody knows when it changes; subscribe with periodic"}
}

// part is that of the view, of what tells of its changes.
func (c *changes) part(data *tree.Tree) (*tree.Tree, error) {
	return c.view.part(c.of.owner.watched(data))
}

// watched returns the data without what is unwatched.
func (p *Publisher) watched(data *tree.Tree) *tree.Tree {
	var kids []tree.Node
	for k := range data.Root().Children() {
		if !slices.Contains(p.Unwatched, k.Schema()) {
			kids = append(kids, k)
		}
	}
	if len(kids) == data.Root().Len() {
		return data
	}
	return tree.FromRoot(data.Schema(), tree.NewContainer(data.Root().Schema(), kids))
}

func (c *changes) next(now time.Time) (n notify.Notification, ok bool) {
	if c.over(now) {
		return n, false
	}
	data := c.held()
	switch {
	case !c.whole && (data == c.seen || now.Before(c.after)):
		return n, false
	case c.lost && data == c.seen: // it would fail again
		return n, false
	}
	part, err := c.part(data)
	c.seen = data
	switch {
	case err != nil:
		return c.fail(err)
	case c.whole:
		return c.synchronize(now, part)
	}
	return c.differ(now, part)
}

// synchronize sends all of the part.
func (c *changes) synchronize(now time.Time, part *tree.Tree) (n notify.Notification, ok bool) {
	c.whole, c.lost, c.patch, c.after = false, false, 0, now.Add(c.dampening)
	if !c.admitted(c.of.owner.model.update) {
		c.sent = tree.New(part.Schema())
		return n, false
	}
	c.sent = part
	return c.update(part), true
}

// differ sends what leads from what was sent to the part. What access control keeps
// back is sent when it no longer does.
func (c *changes) differ(now time.Time, part *tree.Tree) (n notify.Notification, ok bool) {
	edits := patch.Between(c.sent, part)
	if len(edits) > 0 && !c.admitted(c.of.owner.model.change) {
		return n, false
	}
	c.sent, c.lost = part, false
	edits = slices.DeleteFunc(edits, func(e patch.Edit) bool { return c.excluded[string(e.Operation)] })
	if len(edits) == 0 {
		return n, false
	}
	c.patch++
	c.after = now.Add(c.dampening)
	return c.changeUpdate(&patch.Patch{ID: strconv.FormatUint(c.patch, 10), Edits: edits}), true
}

// fail tells once that changes could not be told. They are part of the next update
// that can be made.
func (c *changes) fail(err error) (n notify.Notification, ok bool) {
	c.of.owner.Logger.Error("make an update of a subscription", "receiver", c.of.owner.name, "id", c.of.id, "error", err)
	if c.lost {
		return n, false
	}
	c.lost = true
	return c.update(nil), true
}

// due returns the end of the dampening if something has happened in it.
func (c *changes) due() (t time.Time) {
	if c.held() != c.seen {
		t = c.after
	}
	return earlier(t, c.stop)
}

func (c *changes) close() {}

func (c *changes) behind() bool { return false }

// change has all sent anew where something else is selected, unless the receiver
// wanted none of it at the start.
func (c *changes) change(t *terms, filter tree.Node) error {
	next := *c
	if err := next.retarget(t, filter); err != nil {
		return err
	}
	next.trigger = t.trigger
	if latest := time.Now().Add(t.dampening); next.after.After(latest) {
		next.after = latest
	}
	same := next.filter == c.filter && next.datastore == c.datastore
	switch {
	case same:
	case t.sync:
		next.whole = true
	default:
		next.seen = next.held()
		part, err := next.part(next.seen)
		if err != nil {
			return err
		}
		next.sent = part
	}
	*c = next
	return nil
}
