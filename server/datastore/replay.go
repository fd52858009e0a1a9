package datastore

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// ownLimits are for what the store itself wrote.
var ownLimits = json.Limits{Bytes: math.MaxInt, Values: math.MaxInt}

// recover reads the configuration back, or begins one, and returns the confirmed
// commit that waited; nil for none.
func (s *Store) recover(fs journal.FS) (*pending, error) {
	log, st, err := journal.Open(fs)
	if err != nil {
		return nil, err
	}
	s.log = log
	waiting, err := s.load(st)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return waiting, nil
}

func (s *Store) load(st *journal.State) (*pending, error) {
	if st.Cut > 0 {
		s.cfg.Logger.Warn("the journal ended in an incomplete record, of a change that was never answered; it was cut off",
			"dir", s.cfg.Dir, "octets", st.Cut)
	}
	t, waiting, err := s.recovered(st)
	if err != nil {
		return nil, err
	}
	if s.valid, err = s.checked(t, waiting); err != nil {
		return nil, err
	}
	s.compactAt = s.cfg.JournalBound + int64(len(st.Snapshot))
	if st.Snapshot == nil {
		return nil, s.log.Rewrite(encodeConfig(t))
	}
	return waiting, nil
}

// recovered returns the configuration that the directory holds, or the initial
// one, and what waits for its confirmation.
func (s *Store) recovered(st *journal.State) (*tree.Tree, *pending, error) {
	if st.Snapshot == nil {
		t, err := s.initial()
		s.history.add(Revision{Config: t})
		return t, nil, err
	}
	away := absent{set: s.cfg.Schema}
	t, err := away.decode(st.Snapshot)
	if err != nil {
		return nil, nil, fmt.Errorf("read snapshot %d: %w; "+otherModels, st.Seq, err)
	}
	e := t.Edit()
	s.history.add(Revision{Number: st.Seq, Config: t})
	var waiting *pending
	for _, r := range st.Records {
		before := e.Tree()
		en, err := replay(&away, e, r.Payload)
		if err != nil {
			return nil, nil, fmt.Errorf("replay journal record %d: %w; "+otherModels, r.Seq, err)
		}
		waiting = waiting.after(en, before)
		if len(en.Edits) > 0 {
			s.history.add(en.revision(r.Seq, e.Tree()))
		}
	}
	return e.Tree(), waiting, away.err()
}

// otherModels says why what has a right checksum may not be understood.
const otherModels = "if it was written under other models, start with those"

func (s *Store) initial() (*tree.Tree, error) {
	if s.cfg.Initial == nil {
		return tree.New(s.cfg.Schema), nil
	}
	t, err := s.cfg.Initial()
	if err != nil {
		return nil, fmt.Errorf("make the initial configuration: %w", err)
	}
	return t, nil
}

// after returns what waits after a record, whose edits were made to before, when p
// did before it.
func (p *pending) after(en entry, before *tree.Tree) *pending {
	if en.Confirm == nil {
		return nil
	}
	next := &pending{before: before}
	if p != nil {
		next.before = p.before
	}
	next.User, next.Persist, next.Deadline = en.Confirm.User, en.Confirm.Persist, en.Confirm.Deadline
	return next
}

// replay performs one record of the journal, but for data of absent modules.
func replay(away *absent, e *tree.Editor, payload []byte) (en entry, err error) {
	if err := stdjson.Unmarshal(payload, &en); err != nil {
		return en, err
	}
	en.Edits = away.keep(en.Edits)
	for _, ed := range en.Edits {
		if err := replayEdit(away.set, e, ed); err != nil {
			return en, fmt.Errorf("%s %s: %w", ed.Op, ed.Path, err)
		}
	}
	return en, nil
}

func replayEdit(set *schema.Set, e *tree.Editor, je entryEdit) error {
	path, err := set.ParsePath(je.Path)
	if err != nil {
		return err
	}
	ed, err := decodeEdit(set, path, je)
	if err != nil {
		return err
	}
	return e.Apply(chain(set, path, ed), tree.Merge)
}

// decodeEdit returns the edit of the node at path.
func decodeEdit(set *schema.Set, path tree.Path, je entryEdit) (*tree.Edit, error) {
	last := path[len(path)-1]
	ed := &tree.Edit{Schema: last.Node, Keys: last.Keys}
	if last.Value != nil {
		ed.Value = *last.Value
	}
	switch {
	case je.Op == opRemove:
		ed.Operation, ed.Valueless = tree.Remove, last.Value == nil
		return ed, nil
	case je.Op == opMove:
		return ed, anchor(ed, je.After)
	case last.Node.Kind == schema.LeafList:
		return ed, nil
	case je.Op != opReplace:
		return nil, fmt.Errorf("%q is no operation", je.Op)
	}
	eds, err := json.DecodeNode(set, last.Node, je.Value, json.DecodeOptions{At: path, Limits: ownLimits})
	if err != nil {
		return nil, err
	}
	if len(eds) != 1 {
		return nil, fmt.Errorf("%d values in place of one", len(eds))
	}
	eds[0].Operation = tree.Replace
	return eds[0], nil
}

// anchor makes ed put its entry behind the one with those keys, or first.
func anchor(ed *tree.Edit, after []string) error {
	if len(after) == 0 {
		ed.Insert = tree.First
		return nil
	}
	ed.Insert = tree.After
	nodes := ed.Schema.Keys
	if ed.Schema.Kind == schema.LeafList {
		nodes = []*schema.Node{ed.Schema}
	}
	if len(nodes) != len(after) {
		return fmt.Errorf("%d values name the entry before, in place of %d", len(after), len(nodes))
	}
	for i, n := range nodes {
		v, err := n.ParseValue(after[i])
		if err != nil {
			return err
		}
		ed.Anchor = append(ed.Anchor, v)
	}
	return nil
}

// chain returns the edit of the root that leads to ed along path, whose last
// step is ed's.
func chain(set *schema.Set, path tree.Path, ed *tree.Edit) *tree.Edit {
	for i := len(path) - 2; i >= 0; i-- {
		ed = &tree.Edit{Schema: path[i].Node, Keys: path[i].Keys, Children: []*tree.Edit{ed}}
	}
	return &tree.Edit{Schema: set.Root, Children: []*tree.Edit{ed}}
}
