package validate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// wild has the rules that lean on each other: conditions that decide about
// defaults, defaults that are referred to, references to references.
const wild = `module w {
  yang-version 1.1; namespace urn:w; prefix w;
  container top {
    leaf mode { type string; default "plain"; }
    leaf count { type uint16; must ". >= count(../item)"; }
    list item {
      key name; unique "box/level rank"; unique "paint/plain/tint";
      leaf name { type string; }
      leaf rank { type uint8; default 1; }
      leaf owner { when "../../mode = 'rich'"; type string; mandatory true; }
      container box {
        when "../../mode = 'rich' or ../rank != 2";
        leaf level { type uint8; default 3; }
      }
      choice paint {
        default plain;
        case plain { leaf tint { type uint8; default 7; } }
        case fancy { when "rank < 3"; leaf pattern { type string; } leaf twin { type leafref { path "../../item/name"; } } }
      }
      list cell {
        key n; max-elements 3; unique weight;
        must "weight != ../rank" { error-app-tag heavy; }
        leaf n { type uint8; }
        leaf weight { type uint8; default 1; }
        leaf peer { type leafref { path "../../cell/n"; } }
        list atom { key id; min-elements 0; max-elements 2; leaf id { type leafref { path "../../../cell/weight"; } } leaf bond { type leafref { path "../../atom/id"; } } }
      }
    }
    leaf-list uses { type leafref { path "../item/name"; } }
    leaf main { type leafref { path "../uses"; } }
    leaf second { type leafref { path "../main"; } }
    leaf ranked { type leafref { path "../item/rank"; } }
    leaf tinted { type leafref { path "../item/tint"; } must "../item[tint = current()]/box/level > 1" { error-app-tag flat; } }
    leaf any { type union { type leafref { path "../item/name"; } type enumeration { enum auto; } type leafref { path "../item/cell/n"; } } }
    leaf-list many { type union { type leafref { path "../uses"; } type uint8; } }
    container home { presence "there is one"; leaf at { type leafref { path "../../item/name"; } default "1"; } }
    container side {
      when "../mode = 'rich'";
      leaf must-have { type string; mandatory true; }
      leaf size { type uint8; default 4; }
    }
    leaf fits { type leafref { path "../side/size"; } }
  }
}`

// TestIncrementalEqualsWhole makes random edits, valid and not, and requires
// that checking the change gives the verdict of checking everything, and of
// asking every rule at every node.
func TestIncrementalEqualsWhole(t *testing.T) {
	for _, test := range []struct {
		name, text string
		ops        func(*rand.Rand) []op
	}{{"t", module, tameOps}, {"w", wild, wildOps}} {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(test.name, seed), func(t *testing.T) {
				w := newWalk(t, test.name, test.text)
				w.random = rand.New(rand.NewPCG(seed, 4))
				for range 1000 {
					w.step(t, test.ops)
				}
				if w.accepted < 50 || w.refused < 50 || w.deleted == 0 {
					t.Fatalf("%d accepted, %d refused, %d deleted: the edits are too one-sided to show anything", w.accepted, w.refused, w.deleted)
				}
			})
		}
	}
}

const seeds = 3

// walk goes from one valid tree to the next.
type walk struct {
	rules             *validate.Validator
	state             *validate.State
	random            *rand.Rand
	accepted, refused int
	deleted           int // nodes whose conditions ceased to hold
}

func newWalk(t *testing.T, name, text string) *walk {
	t.Helper()
	set := yangtest.Compile(t, []string{name}, text)
	w := &walk{rules: validate.New(set)}
	state, errs := w.rules.Check(nil, tree.New(set))
	if errs != nil {
		t.Fatal(errs)
	}
	w.state = state
	return w
}

// step makes an edit and returns the tree that came of it with the verdict.
func (w *walk) step(t *testing.T, random func(*rand.Rand) []op) (*tree.Tree, []*tree.Error) {
	t.Helper()
	var ops []op
	for range 1 + w.random.IntN(5) {
		ops = append(ops, random(w.random)...)
	}
	e := w.state.Tree.Edit()
	if err := e.Apply(yangtest.Edit(t, w.state.Tree.Schema(), ops...), tree.Merge); err != nil {
		return w.state.Tree, nil
	}
	next := e.Tree()
	state, errs := w.rules.Check(w.state, next)
	settled := settleNaively(w.state.Tree, next)
	_, whole := w.rules.Check(nil, settled)
	got := messages(errs)
	if !slices.Equal(got, messages(whole)) || !slices.Equal(got, naively(settled)) {
		t.Fatalf("edits %v:\nincremental %q\nwhole       %q\nnaive       %q", ops, got, messages(whole), naively(settled))
	}
	if state != nil {
		if off := tree.Diff(settled, state.Tree); len(off) > 0 {
			t.Fatalf("edits %v: kept or deleted otherwise: %v", ops, off)
		}
	}
	w.deleted += len(tree.Diff(next, settled))
	if errs != nil {
		w.refused++
		return settled, errs
	}
	w.state = state
	w.accepted++
	return settled, nil
}

func messages(errs []*tree.Error) (m []string) {
	for _, e := range errs {
		path := e.Path.String()
		if e.AppTag == "data-not-unique" {
			path = e.Path.Schema().Path() // which of the equal entries is named is a matter of what changed
		}
		m = append(m, fmt.Sprintf("%s %s %s", e.Tag, e.AppTag, path))
	}
	slices.Sort(m)
	return slices.Compact(m)
}

// ops fills templates of edits with digits below 4, one for each @; a template
// that begins with a dash removes, a blank parts a value from its path.
func ops(r *rand.Rand, templates ...string) (out []op) {
	for _, text := range templates {
		for strings.Contains(text, "@") {
			text = strings.Replace(text, "@", fmt.Sprint(r.IntN(4)), 1)
		}
		operation := tree.Inherit
		if rest, remove := strings.CutPrefix(text, "-"); remove {
			operation, text = tree.Remove, rest
		}
		path, value, _ := strings.Cut(text, " ")
		out = append(out, op{Operation: operation, Path: path, Value: value})
	}
	return out
}

func pick(r *rand.Rand, from [][]string) []op { return ops(r, from[r.IntN(len(from))]...) }

func tameOps(r *rand.Rand) []op {
	if r.IntN(400) == 0 {
		return ops(r, "-/t:top")
	}
	d := fmt.Sprint(r.IntN(4))
	return pick(r, [][]string{
		{"/t:top/domain[name='" + d + "']/config/name " + d, "/t:top/domain[name='" + d + "']/config/id @"},
		{"-/t:top/domain[name='@']"},
		{"/t:top/domain[name='@']/config/id 11@"},
		{"/t:top/domain[name='@']/config/limit @"},
		{"-/t:top/domain[name='@']/config/limit"},
		{"/t:top/domain[name='@']/config/extra e"},
		{"-/t:top/domain[name='@']/config/extra"},
		{"/t:top/mode plain"},
		{"/t:top/mode rich"},
		{"-/t:top/mode"},
		{"/t:top/domain[name='@']/port[n='@']/peer @"},
		{"/t:top/domain[name='@']/port[n='@']"},
		{"-/t:top/domain[name='@']/port[n='@']"},
		{"/t:top/link[a='@'][b='@']/fast"},
		{"/t:top/link[a='@'][b='@']/port @"},
		{"-/t:top/link[a='@'][b='@']"},
		{"-/t:top/link[a='@'][b='@']/fast"},
		{"/t:top/strict/need y"},
		{"-/t:top/strict/need"},
		{"-/t:top/strict"},
		{"/t:top/total @"},
		{"-/t:top/total"},
		{"/t:top/which /t:top/domain[name='@']"},
		{"-/t:top/which"},
		{"/t:top/any @"},
		{"/t:top/any auto"},
		{"/t:top/any /t:top/domain[name='@']"},
		{"-/t:top/any"},
		{"/t:top/tag[.='@']"},
		{"-/t:top/tag[.='@']"},
	})
}

func wildOps(r *rand.Rand) []op {
	if r.IntN(300) == 0 {
		return ops(r, "-/w:top")
	}
	leafs := []string{
		"mode", "count", "main", "second", "ranked", "tinted", "any", "home/at", "side/must-have", "side/size", "fits",
		"item[name='@']/rank", "item[name='@']/box/level", "item[name='@']/tint", "item[name='@']/twin", "item[name='@']/owner",
		"item[name='@']/cell[n='@']/weight", "item[name='@']/cell[n='@']/peer", "item[name='@']/cell[n='@']/atom[id='@']/bond",
	}
	others := []string{
		"item[name='@']", "item[name='@']/box", "item[name='@']/cell[n='@']", "item[name='@']/cell[n='@']/atom[id='@']",
		"uses[.='@']", "many[.='@']", "home", "side", "item[name='@']/pattern p",
	}
	leaf := "/w:top/" + leafs[r.IntN(len(leafs))]
	other := "/w:top/" + others[r.IntN(len(others))]
	return pick(r, [][]string{
		{leaf + " @"},
		{leaf + " @"},
		{"-" + leaf},
		{other},
		{"-" + strings.TrimSuffix(other, " p")},
		{"/w:top/mode rich"},
		{"/w:top/mode plain"},
		{"/w:top/any auto"},
		{"/w:top/many[.='@']"},
		{"/w:top/item[name='@']/rank @"},
	})
}
