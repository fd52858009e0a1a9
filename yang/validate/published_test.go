package validate_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// TestOpenROADM edits a device of Open ROADM at random, mends what is wrong, and
// requires at each step that checking the change gives the verdict of checking
// everything and of asking every rule at every node.
func TestOpenROADM(t *testing.T) {
	set := openROADM(t)
	rules := validate.New(set)
	g := &gardener{r: rand.New(rand.NewPCG(3, 1)), set: set}
	var state *validate.State
	cur := tree.New(set)
	accepted, refused := 0, map[string]bool{}
	for range 1500 {
		prev := tree.New(set)
		if state != nil {
			prev = state.Tree
		}
		next := g.edit(cur)
		found, errs := rules.Check(state, next)
		settled := next
		if state != nil {
			settled = settleNaively(prev, next)
		}
		_, whole := rules.Check(nil, settled)
		if got := messages(errs); !slices.Equal(got, messages(whole)) || !slices.Equal(got, naively(settled, tree.ConfigOnly)) {
			t.Fatalf("incremental %q\nwhole       %q\nnaive       %q", got, messages(whole), naively(settled, tree.ConfigOnly))
		}
		for _, e := range errs {
			refused[fmt.Sprint(e.Tag, e.AppTag)] = true
		}
		if cur = g.mend(settled, errs); errs == nil {
			state, cur = found, found.Tree
			accepted++
		}
	}
	if accepted < 20 || len(refused) < 3 {
		t.Errorf("%d accepted, refused for %v: that shows nothing", accepted, refused)
	}
}

func openROADM(t *testing.T) *schema.Set {
	t.Helper()
	dir := peer.Modules(t, "the checks of an Open ROADM device")
	set, err := schema.Compile([]fs.FS{os.DirFS(filepath.Join(dir, "openroadm-7.1")), os.DirFS(filepath.Join(dir, "ietf"))},
		schema.Options{Implement: []string{"org-openroadm-device", "org-openroadm-otn-common-types", "org-openroadm-optical-channel-interfaces", "org-openroadm-ethernet-interfaces"}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// gardener grows and cuts trees of any schema at random.
type gardener struct {
	r   *rand.Rand
	set *schema.Set
}

func (g *gardener) edit(from *tree.Tree) *tree.Tree {
	e := from.Edit()
	for range 1 + g.r.IntN(3) {
		path := g.path()
		switch {
		case path == nil:
		case g.r.IntN(4) == 0:
			_, _ = e.DeletePath(path[:1+g.r.IntN(len(path))]) // if it is no key
		default:
			g.give(e, path)
		}
	}
	return e.Tree()
}

// path returns a random one that ends at a leaf; nil when none was found.
func (g *gardener) path() tree.Path {
	var path tree.Path
	for n := g.set.Root; ; {
		var kids []*schema.Node
		for _, k := range n.DataChildren {
			if k.IsData() && k.Config && !k.IsKey() && k.Kind != schema.AnyData && k.Kind != schema.AnyXML {
				kids = append(kids, k)
			}
		}
		if len(kids) == 0 {
			return nil
		}
		n = kids[g.r.IntN(len(kids))]
		step := schema.PathStep{Node: n}
		for _, k := range n.Keys {
			v, ok := g.value(k, k.Type)
			if !ok {
				return nil
			}
			step.Keys = append(step.Keys, v)
		}
		if path = append(path, step); n.Type != nil {
			return path
		}
	}
}

func (g *gardener) give(e *tree.Editor, path tree.Path) {
	if s := path.Schema(); s.Type != nil && !s.IsKey() {
		if v, ok := g.value(s, s.Type); ok {
			_ = e.SetLeaf(path, v)
		}
	}
}

// mend gives what is missing and deletes what is wrong.
func (g *gardener) mend(t *tree.Tree, errs []*tree.Error) *tree.Tree {
	e := t.Edit()
	for _, err := range errs {
		switch s := err.Path.Schema(); {
		case s == nil:
		case err.Tag == tree.TagDataMissing && err.AppTag == "" && s.Type != nil:
			g.give(e, err.Path)
		case s.IsKey():
			_, _ = e.DeletePath(err.Path[:len(err.Path)-1])
		default:
			_, _ = e.DeletePath(err.Path)
		}
	}
	return e.Tree()
}

var samples = []string{"1", "2", "true", "false", "", "a", "2021-01-01T00:00:00Z", "10.0.0.1", "aa", "abcd", "AABBCCDDEE", "0.5", "193.1", "00:00:00:00:00:01"}

func (g *gardener) value(n *schema.Node, t *schema.Type) (v schema.Value, ok bool) {
	texts := slices.Clone(samples)
	g.r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	switch t.Base {
	case schema.Enumeration:
		texts = []string{t.Enums[g.r.IntN(len(t.Enums))].Name}
	case schema.Leafref:
		if t.Target != nil {
			return g.value(n, t.Target.Type)
		}
	case schema.Identityref:
		texts = g.identities(t.IdentityBases[0])
	case schema.Union:
		return g.value(n, t.Members[g.r.IntN(len(t.Members))])
	}
	for _, text := range texts {
		v, err := n.ParseValue(text)
		if err == nil {
			return v, true
		}
	}
	return v, false
}

func (g *gardener) identities(base *schema.Identity) (names []string) {
	for _, m := range g.set.Modules {
		for _, i := range m.Identities {
			if slices.Contains(i.Bases, base) {
				names = append(names, m.Name+":"+i.Name)
			}
		}
	}
	slices.Sort(names)
	g.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}
