package history

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Module is the YANG module that describes the history.
const Module = "mpk-security-history"

// History serves the revisions of a store. Make it with [New].
type History struct {
	store  *datastore.Store
	access *access.Authority
	set    *schema.Set

	system, history  *schema.Node
	revise, rollback *schema.Node // the rpcs
	kept             tree.Path    // of the container config

	listed atomic.Pointer[listed] // nil until asked
}

// Most is how many revisions can be kept: what a store must be opened with, so that
// none is lost before the configuration is known.
const Most = 1000

// New fails when the schema does not implement [Module]. As long as the store is open,
// it keeps as many revisions as the configuration says.
func New(set *schema.Set, store *datastore.Store, authority *access.Authority) (*History, error) {
	m := set.Module(Module)
	if m == nil || !m.Implemented {
		return nil, fmt.Errorf("the schema must implement %s", Module)
	}
	system, err := set.Find("/mpk-security:mpk-security/system")
	if err != nil {
		return nil, err
	}
	h := &History{
		store: store, access: authority, set: set, system: system, history: system.Child(Module, "history"),
		revise: set.RPC(m.Namespace, "get-revision"), rollback: set.RPC(m.Namespace, "rollback"),
	}
	h.kept = tree.Path{{Node: system.DataParent}, {Node: system}, {Node: h.history}, {Node: h.history.Child(Module, "config")}}
	store.Observe(func(c datastore.Change) { h.follow(c.New) })
	h.follow(store.Running())
	return h, nil
}

// follow has the store keep what a configuration says.
func (h *History) follow(running *tree.Tree) {
	revisions := h.kept.Schema().Child(Module, "revisions")
	value := revisions.Defaults[0]
	if config, ok := running.Find(h.kept).(*tree.Container); ok {
		if v, ok := config.Leaf(revisions.Name); ok {
			value = v
		}
	}
	if n, ok := value.Uint(); ok {
		h.store.Keep(int(n))
	}
}

// RPCs returns the definitions of get-revision and rollback.
func (h *History) RPCs() (getRevision, rollback *schema.Node) { return h.revise, h.rollback }

// GetRevision answers get-revision: what the user may read of a revision.
func (h *History) GetRevision(user access.User, input *tree.Container) (*tree.Container, error) {
	r, err := h.store.Revision(pointOf(input))
	if err != nil {
		return nil, err
	}
	var config strings.Builder
	if err := xml.Encode(&config, h.access.Readable(user, r.Config.Root()), xml.EncodeOptions{}); err != nil {
		return nil, err
	}
	out := maker{h.revise.Output()}
	return out.container(
		out.leaf("number", fmt.Sprint(r.Number)),
		tree.NewAny(out.of.Child("", "config"), tree.InnerXML(config.String()))), nil
}

// Rollback answers rollback; the actor answers for what changes.
func (h *History) Rollback(ctx context.Context, actor datastore.Actor, input *tree.Container) (*tree.Container, error) {
	actor.Comment = text(input, "comment")
	options := datastore.CommitOptions{Persist: text(input, "persist"), PersistID: text(input, "persist-id")}
	if _, confirmed := input.Leaf("confirmed"); confirmed {
		options.Timeout = defaultTimeout
		if seconds, ok := number(input, "confirm-timeout"); ok {
			options.Timeout = time.Duration(seconds) * time.Second
		}
	}
	r, err := h.store.Rollback(ctx, actor, pointOf(input), options)
	if err != nil {
		return nil, err
	}
	out := maker{h.rollback.Output()}
	return out.container(out.leaf("number", fmt.Sprint(r.Number))), nil
}

// defaultTimeout is that of the leaf confirm-timeout.
const defaultTimeout = 10 * time.Minute

// pointOf reads the choice of the input of either rpc.
func pointOf(input *tree.Container) datastore.Point {
	if back, ok := number(input, "back"); ok {
		return datastore.Point{Back: int(back)}
	}
	revision, _ := number(input, "revision")
	return datastore.Point{Number: revision}
}

// number returns the value of a leaf; ok is false for none.
func number(input *tree.Container, name string) (n uint64, ok bool) {
	v, ok := input.Leaf(name)
	if !ok {
		return 0, false
	}
	return v.Uint()
}

// text returns the value of a leaf, "" for none.
func text(input *tree.Container, name string) string {
	if v, ok := input.Leaf(name); ok {
		return v.String()
	}
	return ""
}
