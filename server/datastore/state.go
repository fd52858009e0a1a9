package datastore

import (
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// UpdateState changes the state, config false nodes, of the operational tree.
// State of list entries that are not configured, any more, is dropped: they may
// go at any time. An edit of configuration is an error, and so is what change
// returns; then nothing has changed.
func (s *Store) UpdateState(change func(*tree.Editor) error) error {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	before := s.Operational()
	e := before.Edit()
	if err := change(e); err != nil {
		return err
	}
	after, err := onlyState(before, e.Tree())
	if err != nil || after == before {
		return err
	}
	s.operational.Store(after)
	s.watchers.tell()
	return nil
}

// onlyState returns after without the list entries that it has and before has
// not, and before itself if nothing else differs. Other differences in
// configuration are an error.
func onlyState(before, after *tree.Tree) (*tree.Tree, error) {
	changes := tree.Diff(before, after)
	if len(changes) == 0 {
		return before, nil
	}
	var found []tree.Path
	for _, c := range changes {
		if c.Old != nil && c.Path.Schema().Config {
			return nil, notState(c.Path)
		}
		if c.Old == nil {
			found = appendConfig(found, c.Path, c.New)
		}
	}
	if len(found) == 0 {
		return after, nil
	}
	e := after.Edit()
	for _, path := range found {
		if path.Schema().Kind != schema.List {
			return nil, notState(path)
		}
		if _, err := e.DeletePath(path); err != nil {
			return nil, err
		}
	}
	return onlyState(before, e.Tree())
}

func notState(path tree.Path) error {
	return fmt.Errorf("datastore: %s is configuration, not state", path)
}

// appendConfig appends the paths of the topmost configuration in n, which
// stands at path. Containers that exist by themselves do not count.
func appendConfig(found []tree.Path, path tree.Path, n tree.Node) []tree.Path {
	s := n.Schema()
	if !s.Config {
		return found
	}
	c, ok := n.(*tree.Container)
	if !ok || s.Kind != schema.Container || s.Presence {
		return append(found, path)
	}
	for k := range c.Children() {
		found = appendConfig(found, append(slices.Clip(path), schema.PathStep{Node: k.Schema()}), k)
	}
	return found
}

// MergeState adds state that is made when it is asked for, one top-level node, to
// what is there. The topmost state in it replaces its older version, which may have
// more entries; only a container "state", which several may fill, is added to. A
// container by which one module augments another is whole: state that it had, and n has
// not, is gone.
func MergeState(e *tree.Editor, n tree.Node) error {
	if err := dropOlder(e, tree.Path{{Node: n.Schema()}}, n); err != nil {
		return err
	}
	return e.Merge(nil, n)
}

func dropOlder(e *tree.Editor, path tree.Path, n tree.Node) error {
	if s := n.Schema(); !s.Config && s.Name != "state" {
		_, err := e.DeletePath(path)
		return err
	}
	switch x := n.(type) {
	case *tree.Container:
		if err := dropGone(e, path, x); err != nil {
			return err
		}
		for k := range x.Children() {
			if err := dropOlder(e, append(slices.Clip(path), schema.PathStep{Node: k.Schema()}), k); err != nil {
				return err
			}
		}
	case *tree.List:
		for entry := range x.All() {
			at := slices.Clone(path)
			at[len(at)-1].Keys = entry.Keys()
			if err := dropOlder(e, at, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropGone drops the state that an augmenting container c has no more.
func dropGone(e *tree.Editor, path tree.Path, c *tree.Container) error {
	s := c.Schema()
	if above := s.DataParent; above == nil || above.Kind == schema.Root || above.Module == s.Module {
		return nil
	}
	for _, k := range s.DataChildren {
		if k.Config || k.Name == "state" || c.Child(k) != nil {
			continue
		}
		if _, err := e.DeletePath(append(slices.Clip(path), schema.PathStep{Node: k})); err != nil {
			return err
		}
	}
	return nil
}
