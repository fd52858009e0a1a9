package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// maxRounds bounds how often deletions may cause further deletions: schemas need
// a few rounds, a hostile list any number.
const maxRounds = 100

// conditions settles the when statements of one step from tree to tree: what the
// step left alone and is no longer allowed to exist goes, what it touched is a
// mistake.
type conditions struct {
	*Validator
	old     *tree.Tree
	asked   *tree.Tree // what the caller wants
	settled *tree.Tree // the same without what had to go
	gone    []tree.Path
	broken  map[question]brokenWhen
	err     *tree.Error
	asks    int
}

type brokenWhen struct {
	when *schema.When
	path tree.Path
}

// settle deletes in rounds, since what goes may be what another condition looks
// at (RFC 7950 section 8.2). Each round takes away at least one node.
func (v *Validator) settle(old, next *tree.Tree) (*conditions, []tree.Change) {
	s := &conditions{Validator: v, old: old, asked: next, settled: next, broken: map[question]brokenWhen{}}
	all := v.diff(old, next)
	if len(v.whens.own) == 0 {
		return s, all
	}
	changes := all
	for range maxRounds {
		if s.round(changes); len(s.gone) == 0 {
			break
		}
		before := s.settled
		s.delete()
		changes = v.diff(before, s.settled)
	}
	switch {
	case len(s.gone) > 0:
		s.err = &tree.Error{
			Tag: tree.TagOperationFailed, Path: s.gone[0],
			Message: "deleting what the when statements forbid does not come to an end; delete it in smaller steps",
		}
	case s.settled == next:
		return s, all
	}
	return s, v.diff(old, s.settled)
}

// round asks the conditions that the changes affect.
func (s *conditions) round(changes []tree.Change) {
	s.gone = nil
	a := newAsker(s.whens, tree.NewCursor(s.settled, s.scope), s.ask)
	for _, c := range changes {
		a.change(c)
	}
	s.asks += a.asks
}

func (s *conditions) ask(c *constraint, at *tree.Cursor) {
	if at.Holds(c.when) {
		return
	}
	path := at.Path()
	if s.scope == tree.ConfigAndState || s.touched(path) {
		s.broken[question{c, idOf(path)}] = brokenWhen{c.when, path}
		return
	}
	s.gone = append(s.gone, path)
}

// touched says whether the step created the node at path, or created or changed
// something in it.
func (s *conditions) touched(path tree.Path) bool {
	switch was := s.old.Find(path).(type) {
	case *tree.Container:
		is, ok := s.asked.Find(path).(*tree.Container)
		return !ok || changed(tree.DiffNodes(path, was, is))
	case *tree.Leaf:
		is, ok := s.asked.Find(path).(*tree.Leaf)
		return !ok || is.Value() != was.Value()
	case *tree.Any:
		is, ok := s.asked.Find(path).(*tree.Any)
		return !ok || is.XML() != was.XML()
	}
	return true
}

// changed says whether a change is more than a deletion.
func changed(changes []tree.Change) bool {
	for _, c := range changes {
		if c.New != nil {
			return true
		}
	}
	return false
}

func (s *conditions) delete() {
	e := s.settled.Edit()
	for _, path := range s.gone {
		_, _ = e.DeletePath(path) // no key has a condition
	}
	s.settled = e.Tree()
}

// report tells what is left of the broken conditions: what later rounds allowed
// is no mistake.
func (s *conditions) report(r *run) {
	if s.err != nil {
		r.report(s.err)
	}
	for _, b := range s.broken {
		if at := r.cursor.At(b.path); at != nil && !at.Holds(b.when) {
			r.report(unmet(b.path, b.when))
		}
	}
}

// unmet is the error of RFC 7950 section 8.3.1.
func unmet(path tree.Path, w *schema.When) *tree.Error {
	name := path.Schema().Name
	return &tree.Error{
		Tag: tree.TagUnknownElement, Path: path,
		Message: fmt.Sprintf("%s exists only when %q holds; make it hold, or leave %s out", name, w.Expr, name),
		Info:    [][2]string{{"bad-element", name}},
	}
}
