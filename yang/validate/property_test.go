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
		scope      tree.Scope
		ops        func(*rand.Rand) []op
	}{
		{"t", module, tree.ConfigOnly, tameOps},
		{"w", wild, tree.ConfigOnly, wildOps},
		{"s", stateful, tree.ConfigAndState, statefulOps},
		{"x", varied, tree.ConfigOnly, variedOps},
	} {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(test.name, seed), func(t *testing.T) {
				w := newWalk(t, test.name, test.text, test.scope)
				w.random = rand.New(rand.NewPCG(seed, 4))
				for range 1000 {
					w.step(t, test.ops)
				}
				if w.accepted < 50 || w.refused < 50 || w.deleted == 0 && w.scope == tree.ConfigOnly {
					t.Fatalf("%d accepted, %d refused, %d deleted: the edits are too one-sided to show anything", w.accepted, w.refused, w.deleted)
				}
			})
		}
	}
}

const seeds = 3

// walk goes from one valid tree to the next.
type walk struct {
	scope             tree.Scope
	rules             *validate.Validator
	state             *validate.State
	random            *rand.Rand
	accepted, refused int
	deleted           int // nodes whose conditions ceased to hold
}

func newWalk(t *testing.T, name, text string, scope tree.Scope) *walk {
	t.Helper()
	set := yangtest.Compile(t, []string{name, "y"}, texts(text)...)
	w := &walk{rules: validate.New(set), scope: scope}
	if scope == tree.ConfigAndState {
		w.rules = validate.NewWithState(set)
	}
	state, errs := w.rules.Check(nil, tree.New(set))
	if errs != nil {
		t.Fatal(errs)
	}
	w.state = state
	return w
}

func texts(text string) []string {
	if text == varied {
		return []string{text, augmenting}
	}
	return []string{text}
}

// step makes an edit and returns the tree that came of it with the verdict.
func (w *walk) step(t *testing.T, random func(*rand.Rand) []op) (*tree.Tree, []*tree.Error) {
	t.Helper()
	var ops []op
	for range 1 + w.random.IntN(5) {
		ops = append(ops, random(w.random)...)
	}
	next, err := apply(t, w.state.Tree, ops)
	if err != nil {
		return w.state.Tree, nil
	}
	state, errs := w.rules.Check(w.state, next)
	settled := next
	if w.scope == tree.ConfigOnly {
		settled = settleNaively(w.state.Tree, next)
	}
	_, whole := w.rules.Check(nil, settled)
	got := messages(errs)
	if !slices.Equal(got, messages(whole)) || !slices.Equal(got, naively(settled, w.scope)) {
		t.Fatalf("edits %v:\nincremental %q\nwhole       %q\nnaive       %q", ops, got, messages(whole), naively(settled, w.scope))
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

// apply performs the operations in order; what they remove need not be there.
func apply(t testing.TB, from *tree.Tree, ops []op) (*tree.Tree, error) {
	t.Helper()
	e := from.Edit()
	for _, o := range ops {
		var err error
		if o.Operation == tree.Remove {
			_, err = e.DeletePath(yangtest.Path(t, from.Schema(), o.Path))
		} else {
			ed := yangtest.Edit(t, from.Schema(), o)
			if path := yangtest.Path(t, from.Schema(), o.Path); o.Value == "first" {
				last := ed.At(path[:len(path)-1]).Children
				last[len(last)-1].Insert = tree.First
			}
			err = e.Apply(ed, tree.Merge)
		}
		if err != nil {
			return nil, err
		}
	}
	return e.Tree(), nil
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

// stateful has what only state may have: lists without keys, values that repeat,
// references from state to configuration.
const stateful = `module s {
  yang-version 1.1; namespace urn:s; prefix s;
  container top {
    leaf mode { type string; default "plain"; }
    list item {
      key name;
      leaf name { type string; }
      leaf limit { type uint8; default 2; must "not(../gauge) and not(../../status)"; }
      leaf gauge { config false; type uint8; must ". <= ../limit"; }
      leaf-list hist { config false; type uint8; max-elements 3; must "count(../hist) < 3 or . > 0"; }
      list sample {
        config false; unique "v w"; min-elements 0; max-elements 3;
        leaf v { type uint8; mandatory true; }
        leaf w { type uint8; default 1; }
        leaf of { type leafref { path "../../../item/name"; } }
        leaf twin { type leafref { path "../v"; } }
        leaf other { type leafref { path "../../sample/w"; } }
        list deep {
          must "x != ../v";
          leaf x { type uint8; }
          leaf y { type leafref { path "../../deep/x"; } }
        }
      }
      list port {
        config false; key n; unique level;
        leaf n { type uint8; }
        leaf peer { type leafref { path "../../port/n"; } }
        leaf level { when "../n != 1"; type uint8; default 1; }
        leaf-list lane { type leafref { path "/s:top/s:item/s:hist"; } min-elements 1; }
      }
    }
    container status {
      config false; presence "it was asked";
      leaf current { type leafref { path "../../item/name"; } }
      leaf-list seen { type leafref { path "../../item/name"; } }
      leaf total { type uint8; must ". = count(../../item)"; }
      leaf samples { type uint8; must ". <= count(/top/item/sample)"; }
      leaf which { type instance-identifier; }
      choice c {
        mandatory true;
        leaf a { type uint8; }
        case b { when "../mode = 'rich'"; leaf b { type uint8; } leaf bb { type uint8; default 3; } }
      }
      container need { when "../../mode = 'rich'"; leaf m { type uint8; mandatory true; } }
      leaf-list dup { type uint8; default 1; default 1; default 2; }
      leaf sum { type uint8; must ". >= sum(../dup)"; }
    }
    leaf points { type instance-identifier; }
    leaf-list any { config false; type union { type leafref { path "../item/sample/v"; } type enumeration { enum auto; } type instance-identifier; } }
  }
}`

func statefulOps(r *rand.Rand) []op {
	if r.IntN(300) == 0 {
		return ops(r, "-/s:top")
	}
	leafs := []string{
		"mode", "item[name='@']/limit", "item[name='@']/gauge", "item[name='@']/port[n='@']/peer", "item[name='@']/port[n='@']/level",
		"status/current", "status/total", "status/samples", "status/a", "status/b", "status/bb", "status/need/m", "status/sum",
	}
	others := []string{
		"item[name='@']", "item[name='@']/hist[.='@']", "item[name='@']/port[n='@']", "item[name='@']/port[n='@']/lane[.='@']",
		"status/seen[.='@']", "status/dup[.='@']", "any[.='@']", "any[.='auto']", "status/need",
	}
	sample := "/s:top/item[name='@']/sample[1]/"
	leaf := "/s:top/" + leafs[r.IntN(len(leafs))]
	other := "/s:top/" + others[r.IntN(len(others))]
	return pick(r, [][]string{
		{leaf + " @"},
		{"-" + leaf},
		{other},
		{"-" + other},
		{"/s:top/any[.='1']", "/s:top/any[.='1']"},
		{"-/s:top/any[.='1']"},
		{"/s:top/status/a 1", "/s:top/status/need/m 1"},
		{"/s:top/mode rich"},
		{"/s:top/mode plain"},
		{sample + "v @"},
		{sample + "w @"},
		{sample + "deep[1]/x @"},
		{sample + "deep[1]/y @"},
		{"/s:top/item[name='@']/sample[1]/v @"},
		{"-/s:top/item[name='@']/sample[1]"},
		{"-/s:top/item[name='@']/sample[2]"},
		{"-/s:top/item[name='@']/sample[1]/deep[1]"},
		{"/s:top/status/which /s:top/item[name='@']/sample[1]/v"},
		{"/s:top/status/which /s:top/item[name='@']/hist[.='@']"},
		{"/s:top/status/which /s:top/status/dup[2]"},
		{"-/s:top/status/which"},
		{"/s:top/points /s:top/item[name='@']"},
		{"/s:top/points /s:top/item[name='@']/gauge"},
		{"-/s:top/points"},
		{"-/s:top/status"},
	})
}
