package view

import (
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// TransitionKey identifies a transition by its source and target domain.
type TransitionKey = gen.MpkSecurity_Transition_Key

// Delta holds every entry that a commit created, changed or deleted, as it is
// afterwards; nil stands for a deleted one.
type Delta struct {
	// System is the new system configuration, without its users; nil when it
	// did not change.
	System      *gen.MpkSecurity_System
	Domains     map[string]*gen.MpkSecurity_Domain
	Services    map[string]*gen.MpkSecurity_Service
	Transitions map[TransitionKey]*gen.MpkSecurity_Transition
	Channels    map[string]*gen.MpkSecurity_Channel
}

// Empty says that a delta has nothing in it.
func (d *Delta) Empty() bool {
	return d.System == nil && len(d.Domains) == 0 && len(d.Services) == 0 && len(d.Transitions) == 0 && len(d.Channels) == 0
}

const root = "mpk-security"

// New returns the delta of changes, which lead to the tree next. It returns an
// error only if the tree's schema is not the one gen was generated from.
func New(next *tree.Tree, changes []tree.Change) (*Delta, error) {
	b := &builder{next: next, delta: &Delta{
		Domains:     map[string]*gen.MpkSecurity_Domain{},
		Services:    map[string]*gen.MpkSecurity_Service{},
		Transitions: map[TransitionKey]*gen.MpkSecurity_Transition{},
		Channels:    map[string]*gen.MpkSecurity_Channel{},
	}}
	top := next.Schema().Root.Child(root, root)
	for _, c := range changes {
		if c.Path[0].Node == top {
			b.change(c)
		}
	}
	return b.delta, b.err
}

type builder struct {
	next  *tree.Tree
	delta *Delta
	err   error
}

// depth of /mpk-security/<part>/<entry>.
const entryDepth = 3

func (b *builder) change(c tree.Change) {
	if len(c.Path) >= 2 && c.Path[1].Node.Name == "system" {
		b.system(c)
		return
	}
	if len(c.Path) >= entryDepth {
		b.entry(c.Path[:entryDepth])
		return
	}
	for _, n := range []tree.Node{c.Old, c.New} {
		if n != nil {
			b.below(c.Path, n)
		}
	}
}

// below takes in every entry of a subtree that stands above the entries.
func (b *builder) below(path tree.Path, n tree.Node) {
	switch x := n.(type) {
	case *tree.List:
		for e := range x.All() {
			b.entry(append(path[:len(path):len(path)], schema.PathStep{Node: x.Schema(), Keys: e.Keys()}))
		}
	case *tree.Container:
		if x.Schema().Name == "system" {
			b.setSystem()
			return
		}
		for k := range x.Children() {
			if k.Schema().Kind == schema.List {
				b.below(path, k)
				continue
			}
			b.below(append(path[:len(path):len(path)], schema.PathStep{Node: k.Schema()}), k)
		}
	}
}

func (b *builder) system(c tree.Change) {
	if len(c.Path) > 2 && c.Path[2].Node.Name != "config" {
		return // users belong to access control
	}
	b.setSystem()
}

func (b *builder) setSystem() {
	s := &gen.MpkSecurity_System{}
	if c, ok := b.container("system"); ok {
		b.fill(s, c)
	}
	b.delta.System = s
}

func (b *builder) container(part string) (*tree.Container, bool) {
	top := b.next.Schema().Root.Child(root, root)
	c, ok := b.next.Root().Child(top).(*tree.Container)
	if !ok {
		return nil, false
	}
	c, ok = c.Child(top.Child(root, part)).(*tree.Container)
	return c, ok
}

// entry takes in the list entry at path, once.
func (b *builder) entry(path tree.Path) {
	step := path[entryDepth-1]
	switch step.Node.Name {
	case "domain":
		take(b, b.delta.Domains, step.Keys[0].String(), path)
	case "service":
		take(b, b.delta.Services, step.Keys[0].String(), path)
	case "transition":
		take(b, b.delta.Transitions, TransitionKey{Source: step.Keys[0].String(), Target: step.Keys[1].String()}, path)
	case "channel":
		take(b, b.delta.Channels, step.Keys[0].String(), path)
	}
}

func take[K comparable, T any](b *builder, into map[K]*T, key K, path tree.Path) {
	if _, done := into[key]; !done {
		into[key] = read[T](b, path)
	}
}

// read returns the entry at path as a T, nil when there is none.
func read[T any](b *builder, path tree.Path) *T {
	c, ok := b.next.Find(path).(*tree.Container)
	if !ok {
		return nil
	}
	v := new(T)
	b.fill(v, c)
	return v
}

func (b *builder) fill(dst any, c *tree.Container) {
	if err := fill(dst, c); err != nil && b.err == nil {
		b.err = err
	}
}
