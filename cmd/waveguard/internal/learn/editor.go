package learn

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// editor changes transitions of a configuration. The first error stays, and ends
// the work.
type editor struct {
	*tree.Editor
	set *schema.Set
	err error
}

// at returns the path of a list entry of /mpk-security, or of a leaf of its config
// if one is named.
func (e *editor) at(lists, list string, keys []string, leaf string) tree.Path {
	n := e.set.Root.Child("mpk-security", "mpk-security")
	p := tree.Path{{Node: n}}
	names := []string{lists, list}
	if leaf != "" {
		names = append(names, "config", leaf)
	}
	for _, name := range names {
		n = n.Child("", name)
		if n == nil {
			e.fail(fmt.Errorf("the appliance's models have no %s", name))
			return nil
		}
		step := schema.PathStep{Node: n}
		for i := range n.Keys {
			step.Keys = append(step.Keys, n.Keys[i].Type.Unchecked(keys[i]))
		}
		p = append(p, step)
	}
	return p
}

func (e *editor) transition(k view.TransitionKey, leaf string) tree.Path {
	return e.at("transitions", "transition", []string{k.Source, k.Target}, leaf)
}

func (e *editor) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *editor) setLeaf(path tree.Path, text string) {
	if e.err != nil {
		return
	}
	v, err := path.Schema().ParseValue(text)
	if err == nil {
		err = e.SetLeaf(path, v)
	}
	if err != nil {
		e.fail(fmt.Errorf("propose %s for %s: %w", text, path, err))
	}
}

func (e *editor) remove(path tree.Path) {
	if e.err != nil {
		return
	}
	if _, err := e.DeletePath(path); err != nil {
		e.fail(err)
	}
}

// create makes a transition that permits; its operations are still to come.
func (e *editor) create(k view.TransitionKey) {
	e.setLeaf(e.transition(k, "source"), k.Source)
	e.setLeaf(e.transition(k, "target"), k.Target)
	e.setLeaf(e.transition(k, "action"), "PERMIT")
}

// operations makes the operations of a transition the second ones of the first.
func (e *editor) operations(k view.TransitionKey, was, is []string) {
	list := e.transition(k, "operation")
	if e.err != nil {
		return
	}
	entry := func(name string) tree.Path {
		v := list.Schema().Type.Unchecked(name)
		p := slices.Clone(list)
		p[len(p)-1].Value = &v
		return p
	}
	for _, name := range was {
		if !slices.Contains(is, name) {
			e.remove(entry(name))
		}
	}
	for _, name := range is {
		if !slices.Contains(was, name) {
			e.setLeaf(entry(name), name)
		}
	}
}

func (e *editor) limit(k view.TransitionKey, leaf string, n uint64) {
	e.setLeaf(e.transition(k, leaf), strconv.FormatUint(n, 10))
}
