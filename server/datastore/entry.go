package datastore

import (
	stdjson "encoding/json"
	"time"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// entry is one record of the journal: who changed what, when.
type entry struct {
	Seq      uint64    `json:"seq"`
	Time     time.Time `json:"time"`
	User     string    `json:"user,omitempty"`
	Protocol string    `json:"protocol,omitempty"`
	Session  uint32    `json:"session,omitempty"`
	Source   string    `json:"source,omitempty"`
	Comment  string    `json:"comment,omitempty"`
	// Confirm is what waits for its confirmation after the record; none: nothing.
	Confirm *entryConfirm `json:"confirm,omitempty"`
	Edits   []entryEdit   `json:"edits"`
}

// entryConfirm is a confirmed commit that waits. What to return to is the
// configuration before the first of the records in a row that have one.
type entryConfirm struct {
	User     string    `json:"user,omitempty"`
	Persist  string    `json:"persist,omitempty"`
	Deadline time.Time `json:"deadline"`
}

// entryEdit is one change. Replaying it twice is the same as once.
type entryEdit struct {
	Op   string `json:"op"`   // "replace", "remove" or "move"
	Path string `json:"path"` // RFC 7951 section 6.11
	// Value is the value of the node at the path (RFC 7951); a leaf-list entry
	// has none, since the path says it.
	Value stdjson.RawMessage `json:"value,omitempty"`
	// After names the entry that a user-ordered entry is moved behind: its keys
	// in canonical form, or the leaf-list value; none to make it the first.
	After []string `json:"after,omitempty"`
}

const (
	opReplace = "replace"
	opRemove  = "remove"
	opMove    = "move"
)

// encodeEntry returns the record of a change, after which then waits. The values
// are put in as they are encoded: a bulk load is not encoded twice.
func (s *Store) encodeEntry(c Change, then *pending) []byte {
	var confirm *entryConfirm
	if then != nil {
		confirm = &entryConfirm{then.User, then.Persist, then.Deadline.UTC()}
	}
	head := mustMarshal(entry{
		Seq: s.log.Next(), Time: time.Now().UTC(),
		User: c.Actor.User, Protocol: c.Actor.Protocol, Session: c.Actor.Session, Source: c.Actor.Source, Comment: c.Actor.Comment,
		Confirm: confirm, Edits: []entryEdit{},
	})
	b := head[:len(head)-len("]}")]
	for i, ch := range placed(c.Changes) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEdit(b, ch)
	}
	return append(b, "]}"...)
}

// placed follows every new user-ordered entry, which a replay puts last, with
// its move to where it stands.
func placed(changes []tree.Change) []tree.Change {
	var out []tree.Change
	for i, c := range changes {
		s := c.Path.Schema()
		created := c.Old == nil && s.OrderedByUser
		if created && out == nil {
			out = append(out, changes[:i]...)
		}
		if out != nil || created {
			out = append(out, c)
		}
		if created {
			out = append(out, tree.Change{Path: c.Path, Old: c.New, New: c.New, Moved: true, After: c.After})
		}
	}
	if out == nil {
		return changes
	}
	return out
}

func appendEdit(b []byte, c tree.Change) []byte {
	b = append(b, `{"op":"`...)
	b = append(b, opOf(c)...)
	b = append(b, `","path":`...)
	b = append(b, mustMarshal(c.Path.String())...)
	if opOf(c) == opReplace && c.Path.Schema().Kind != schema.LeafList {
		b = append(b, `,"value":`...)
		b = json.AppendNode(b, c.New, json.EncodeOptions{})
	}
	if c.Moved && c.After != nil {
		b = append(b, `,"after":`...)
		b = append(b, mustMarshal(texts(c.After))...)
	}
	return append(b, '}')
}

func opOf(c tree.Change) string {
	switch {
	case c.New == nil:
		return opRemove
	case c.Moved:
		return opMove
	}
	return opReplace
}

func texts(values []schema.Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return out
}

// mustMarshal is for strings, numbers and times within four digits of year,
// which cannot fail.
func mustMarshal(v any) []byte {
	b, err := stdjson.Marshal(v)
	if err != nil {
		panic("datastore: encode a journal record: " + err.Error())
	}
	return b
}

// encodeConfig returns a whole configuration as a snapshot holds it.
func encodeConfig(t *tree.Tree) []byte {
	return json.AppendNode(nil, t.Root(), json.EncodeOptions{})
}
