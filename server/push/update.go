package push

import (
	"fmt"
	"strings"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// subscribable are the datastores that updates can come from. Nothing is worked out
// of running before it is used, so that intended is the same.
var subscribable = map[string]bool{"ietf-datastores:running": true, "ietf-datastores:intended": true, operational: true}

const operational = "ietf-datastores:operational"

// view is the part of a datastore that a receiver is sent.
type view struct {
	of        *subscription
	datastore string
	filter    tree.Node // nil: none
	selected  selection // by the filter
	stop      time.Time
}

func (r *Receiver) newUpdates(s *subscription, t *terms, filter tree.Node) (source, error) {
	if !subscribable[t.datastore] {
		return nil, &refusal{reason: datastoreNotSubscribable, message: fmt.Sprintf("there are no subscriptions to the datastore %s, only to running, intended and operational", t.datastore)}
	}
	if err := mustBeAhead(t.stop); err != nil {
		return nil, err
	}
	v := view{of: s, datastore: t.datastore, stop: t.stop}
	if err := v.choose(filter); err != nil {
		return nil, err
	}
	if t.onChange {
		return newChanges(v, t)
	}
	return newSamples(v, t)
}

// choose sets the selection, which it tries.
func (v *view) choose(filter tree.Node) error {
	selected, err := selectionIn(v.of.owner.Schema, filter)
	if err != nil {
		return err
	}
	data, err := v.all()
	if err == nil {
		_, err = selected(data)
	}
	if err != nil {
		return badFilter(err)
	}
	v.filter, v.selected = filter, selected
	return nil
}

// all returns the datastore, with the state that is made when it is asked for.
func (v *view) all() (*tree.Tree, error) {
	if v.datastore == operational {
		return v.of.owner.Operational()
	}
	return v.of.owner.Store.Running(), nil
}

// held returns the datastore without that state: what tells of its changes.
func (v *view) held() *tree.Tree {
	if v.datastore == operational {
		return v.of.owner.Store.Operational()
	}
	return v.of.owner.Store.Running()
}

// part returns what of the data is selected, and the user may read now (RFC 8641
// section 3.9).
func (v *view) part(data *tree.Tree) (*tree.Tree, error) {
	r := v.of.owner
	if root := r.Access.Readable(r.user, data.Root()); root != data.Root() {
		data = tree.FromRoot(r.Schema, root)
	}
	return v.selected(data)
}

// over ends the subscription when its time has come.
func (v *view) over(now time.Time) bool {
	if v.stop.IsZero() || now.Before(v.stop) {
		return false
	}
	v.of.end(noSuchSubscription)
	return true
}

// retarget applies other terms to the view.
func (v *view) retarget(t *terms, filter tree.Node) error {
	if !t.stop.Equal(v.stop) {
		if err := mustBeAhead(t.stop); err != nil {
			return err
		}
	}
	next := *v
	next.datastore, next.stop = t.datastore, t.stop
	if !subscribable[t.datastore] {
		return &refusal{reason: filterUnsupported, message: fmt.Sprintf("there are no subscriptions to the datastore %s", t.datastore)}
	}
	if filter != v.filter || t.datastore != v.datastore {
		if err := next.choose(filter); err != nil {
			return err
		}
	}
	*v = next
	return nil
}

// admitted says whether the user may have an update, and counts one that may not be.
func (v *view) admitted(of *schema.Node) bool {
	r := v.of.owner
	if r.Access.Receives(r.user, tree.Path{{Node: of}}) {
		return true
	}
	v.of.excluded.Add(1)
	return false
}

// snapshot is the content of a datastore as that of an anydata node, written when
// it is wanted.
type snapshot struct{ root *tree.Container }

// InnerXML implements tree.Content.
func (s snapshot) InnerXML(*schema.Node) string {
	var b strings.Builder
	_ = xml.Encode(&b, s.root, xml.EncodeOptions{Origin: xml.OriginHidden}) // a Builder takes all
	return b.String()
}

// update is a push-update. part is nil when it could not be made.
func (v *view) update(part *tree.Tree) notify.Notification {
	of := v.of.owner.model.update
	if part == nil {
		return happened(made(of, nil, "id", v.of.number(), "incomplete-update", ""))
	}
	contents := tree.NewAny(of.Child(moduleYP, "datastore-contents"), snapshot{part.Root()})
	return happened(made(of, []tree.Node{contents}, "id", v.of.number()))
}

// changeUpdate is a push-change-update with the edits of a patch.
func (v *view) changeUpdate(p *patch.Patch) notify.Notification {
	of := v.of.owner.model.change
	all := of.Child(moduleYP, "datastore-changes")
	body := patch.Encode(all.Child(moduleYP, "yang-patch"), p, patch.Options{Origin: xml.OriginHidden})
	kids := []tree.Node{tree.NewContainer(all, []tree.Node{body})}
	return happened(made(of, kids, "id", v.of.number()))
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
