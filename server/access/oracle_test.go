package access_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// oracle is a literal reading of RFC 8341 section 3.4: it walks all rules for
// every question.
type oracle struct {
	lists    []oracleList
	groups   []string // of the user, that of the role among them
	member   bool     // of a configured group
	user     string
	role     access.Role
	defaults map[access.Action]bool
}

type oracleList struct {
	groups []string
	rules  []oracleRule
}

type oracleRule struct {
	module string
	path   tree.Path // nil: no rule-type
	own    bool      // the last key of the path is $USER
	do     []access.Action
	permit bool
}

// instance is one data node: its path and what it holds.
type instance struct {
	path  tree.Path
	value string
}

func (o *oracle) permits(path tree.Path, do access.Action) bool {
	for _, l := range o.lists {
		if !slices.ContainsFunc(l.groups, func(g string) bool { return g == "*" && len(o.groups) > 0 || slices.Contains(o.groups, g) }) {
			continue
		}
		for _, r := range l.rules {
			if (r.module == "*" || r.module == path.Schema().Module.Name) && slices.Contains(r.do, do) && o.leads(r, path) {
				return r.permit
			}
		}
	}
	for _, step := range path {
		if step.Node.Extensions.Find("ietf-netconf-acm", "default-deny-all") != nil ||
			do != access.Read && step.Node.Extensions.Find("ietf-netconf-acm", "default-deny-write") != nil {
			return false
		}
	}
	if !o.member && do != access.Read {
		return o.role == access.Operator
	}
	return o.defaults[do]
}

// leads says whether the rule's path is that of the node or of one above.
func (o *oracle) leads(r oracleRule, path tree.Path) bool {
	if len(r.path) > len(path) {
		return false
	}
	for i, step := range r.path {
		if step.Node != path[i].Node {
			return false
		}
		if step.Value != nil && step.Value.String() != path[i].Value.String() {
			return false
		}
		for k, key := range step.Keys {
			want := key.String()
			if !key.IsZero() && r.own && i == len(r.path)-1 {
				want = o.user
			}
			if !key.IsZero() && want != path[i].Keys[k].String() {
				return false
			}
		}
	}
	return true
}

// visible says whether the node and all above may be read, keys among them.
func (o *oracle) visible(path tree.Path) bool {
	for i := range path {
		if !o.permits(path[:i+1], access.Read) {
			return false
		}
		for _, key := range path[i].Node.Keys {
			if !o.permits(append(slices.Clone(path[:i+1]), schema.PathStep{Node: key}), access.Read) {
				return false
			}
		}
	}
	return true
}

// instances lists the nodes below c by path, but for containers without presence.
func instances(c *tree.Container, path tree.Path, into map[string]instance) map[string]instance {
	add := func(step schema.PathStep, value string) tree.Path {
		p := append(slices.Clone(path), step)
		if step.Node.Kind != schema.Container || step.Node.Presence {
			into[p.String()] = instance{p, value}
		}
		return p
	}
	for n := range c.Children() {
		switch x := n.(type) {
		case *tree.Container:
			instances(x, add(schema.PathStep{Node: x.Schema()}, ""), into)
		case *tree.List:
			for e := range x.All() {
				instances(e, add(schema.PathStep{Node: x.Schema(), Keys: e.Keys()}, ""), into)
			}
		case *tree.LeafList:
			for l := range x.All() {
				v := l.Value()
				add(schema.PathStep{Node: x.Schema(), Value: &v}, "")
			}
		case *tree.Leaf:
			add(schema.PathStep{Node: x.Schema()}, x.Value().String())
		}
	}
	return into
}

// TestAgainstLiteralReading compares decisions, what can be read, and what can
// be changed, on random rules and random trees.
func TestAgainstLiteralReading(t *testing.T) {
	const rounds = 400
	seen := map[string]int{}
	for seed := range uint64(rounds) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		g.config, g.authority = kept(t)
		lines := g.rules()
		g.config.rules(lines)
		for _, user := range []string{"olga", "vera"} {
			o := g.oracleOf(user)
			u := signIn(t, g.authority, user)
			before, after := g.tree(), g.tree()
			compareReading(t, g, o, u, before, seen)
			compareWriting(t, g, o, u, tree.Diff(before, after), before, after, seen)
			if t.Failed() {
				t.Fatalf("seed %d, user %s, rules:\n%s", seed, user, lines)
			}
		}
	}
	for _, what := range []string{"all read", "some read", "none read", "changed", "refused"} {
		if seen[what] < rounds/40 {
			t.Errorf("%s: only %d times", what, seen[what])
		}
	}
}

func compareReading(t *testing.T, g *generator, o *oracle, u access.User, data *tree.Tree, seen map[string]int) {
	all := instances(data.Root(), nil, map[string]instance{})
	got := g.authority.Readable(u, data.Root())
	shown := instances(got, nil, map[string]instance{})
	for text, n := range all {
		_, is := shown[text]
		if want := o.visible(n.path); is != want {
			t.Errorf("%s is shown: %t, want %t", text, is, want)
		}
		if decided := g.authority.Decide(u, access.Read, access.Target{Path: n.path}) == nil; decided && !aboveOnly(o, n.path) || !decided && o.visible(n.path) {
			t.Errorf("%s: Decide says %t", text, decided)
		}
		for _, do := range []access.Action{access.Create, access.Update, access.Delete} {
			if decided := g.authority.Decide(u, do, access.Target{Path: n.path}) == nil; decided != o.permits(n.path, do) {
				t.Errorf("%s: Decide on %d says %t", text, do, decided)
			}
		}
	}
	for text, n := range shown {
		if is, there := all[text]; !there || n.value != is.value {
			t.Errorf("%s shows %q, is there: %t, with %q", text, n.value, there, is.value)
		}
	}
	switch len(shown) {
	case len(all):
		seen["all read"]++
		if got != data.Root() {
			t.Error("nothing is hidden, and the root is another")
		}
	case 0:
		seen["none read"]++
	default:
		seen["some read"]++
	}
	checkShared(t, o, data, got)
}

// aboveOnly is visible without the keys, which are questions of their own.
func aboveOnly(o *oracle, path tree.Path) bool {
	for i := range path {
		if !o.permits(path[:i+1], access.Read) {
			return false
		}
	}
	return true
}

// checkShared holds that a top-level container with nothing hidden is not copied.
func checkShared(t *testing.T, o *oracle, data *tree.Tree, got *tree.Container) {
	for n := range data.Root().Children() {
		c, ok := n.(*tree.Container)
		if !ok {
			continue
		}
		whole := true
		for _, i := range instances(c, tree.Path{{Node: c.Schema()}}, map[string]instance{}) {
			whole = whole && o.visible(i.path)
		}
		if whole && o.permits(tree.Path{{Node: c.Schema()}}, access.Read) && got.Child(c.Schema()) != n {
			t.Errorf("%s is copied", c.Schema().Name)
		}
	}
}

func compareWriting(t *testing.T, g *generator, o *oracle, u access.User, changes []tree.Change, before, after *tree.Tree, seen map[string]int) {
	old, next := instances(before.Root(), nil, map[string]instance{}), instances(after.Root(), nil, map[string]instance{})
	refused := map[string]bool{}
	for text, n := range next {
		was, existed := old[text]
		if !existed && !o.permits(n.path, access.Create) || existed && was.value != n.value && !o.permits(n.path, access.Update) {
			refused[o.tells(n.path)] = true
		}
	}
	for text, n := range old {
		if _, exists := next[text]; !exists && !o.permits(n.path, access.Delete) {
			refused[o.tells(n.path)] = true
		}
	}
	at, denies := denied(t, u.CheckChanges(changes))
	switch {
	case denies != (len(refused) > 0):
		t.Errorf("changes are refused at %q, want any of %v", at, slices.Sorted(maps.Keys(refused)))
	case denies && !refused[at] && !refused["something in "+at]:
		t.Errorf("changes are refused at %q, want one of %v", at, slices.Sorted(maps.Keys(refused)))
	case denies:
		seen["refused"]++
	case len(changes) > 0:
		seen["changed"]++
	}
}

// tells is what a refusal says of a path: of what cannot be read, only where it is.
func (o *oracle) tells(path tree.Path) string {
	for n := len(path); n > 0; n-- {
		if !aboveOnly(o, path[:n]) {
			continue
		}
		if n == len(path) {
			return path.String()
		}
		return "something in " + path[:n].String()
	}
	return "something in " + tree.Path(nil).String()
}
