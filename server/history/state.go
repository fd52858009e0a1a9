package history

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// State returns /mpk-security with the history in it, as it is now.
func (h *History) State() tree.Node {
	all, top := h.store.History(), maker{h.history}
	state := top.below("state")
	history := top.container( // but for the configuration and what repeats it
		state.container(state.number("current", all[0].Number), state.number("oldest", all[len(all)-1].Number)),
		h.pending(top.below("pending")),
		h.revisions(top.below("revision"), all))
	return tree.NewContainer(h.system.DataParent, []tree.Node{tree.NewContainer(h.system, []tree.Node{history})})
}

// revisions returns the list. It changes only with the running configuration, and is
// asked for with every <get>.
func (h *History) revisions(m maker, all []datastore.Revision) *tree.List {
	if c := h.listed.Load(); c != nil && c.newest == all[0].Config && c.list.Len() == len(all) {
		return c.list
	}
	entries := make([]*tree.Container, len(all))
	for i, r := range all {
		entries[i] = m.revision(r)
	}
	list := tree.NewList(m.of, entries)
	h.listed.Store(&listed{all[0].Config, list})
	return list
}

// listed is the list of the revisions while that configuration is running.
type listed struct {
	newest *tree.Tree
	list   *tree.List
}

func (m maker) revision(r datastore.Revision) *tree.Container {
	s := m.below("state")
	kids := append(s.author(r.Actor.User, r.Actor.Session, r.Actor.Source),
		s.number("number", r.Number), s.leaf("protocol", r.Actor.Protocol), s.leaf("comment", r.Actor.Comment))
	if !r.Time.IsZero() {
		kids = append(kids, s.time("time", r.Time), s.number("changes", uint64(r.Changes)))
	}
	return m.container(m.number("number", r.Number), s.container(kids...))
}

// pending tells of the confirmed commit that waits, if one does.
func (h *History) pending(m maker) tree.Node {
	p, ok := h.store.Confirming()
	if !ok {
		return m.container()
	}
	s := m.below("state")
	return m.container(s.container(append(s.author(p.User, p.Session, p.Source),
		s.leaf("persistent", strconv.FormatBool(p.Persist != "")), s.time("deadline", p.Deadline))...))
}

// maker makes the children of a container or list entry.
type maker struct{ of *schema.Node }

func (m maker) below(name string) maker { return maker{m.of.Child("", name)} }

// leaf returns a leaf; nil if there is nothing to say, or what a client said of
// itself does not fit.
func (m maker) leaf(name, text string) tree.Node {
	s := m.of.Child("", name)
	v, err := s.ParseValue(text)
	if err != nil || text == "" {
		return nil
	}
	return tree.NewLeaf(s, v)
}

func (m maker) number(name string, n uint64) tree.Node {
	return m.leaf(name, strconv.FormatUint(n, 10))
}

func (m maker) time(name string, t time.Time) tree.Node {
	return m.leaf(name, t.UTC().Format(time.RFC3339))
}

func (m maker) author(user string, session uint32, source string) []tree.Node {
	return []tree.Node{m.leaf("user", user), m.number("session", uint64(session)), m.leaf("source-address", source)}
}

// container returns the container or entry with those of the children there are.
func (m maker) container(kids ...tree.Node) *tree.Container {
	var some []tree.Node
	for _, k := range kids {
		if k != nil {
			some = append(some, k)
		}
	}
	return tree.NewContainer(m.of, some)
}
