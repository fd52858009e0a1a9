package validate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

const module = `module t {
  yang-version 1.1; namespace urn:t; prefix t;
  container top {
    leaf mode { type string; default "plain"; }
    container strict { leaf need { type string; mandatory true; } presence "on"; }
    list domain {
      key name; unique "config/id";
      leaf name { type leafref { path "../config/name"; } }
      container config {
        leaf name { type string; }
        leaf id { type uint16; mandatory true; }
        leaf limit { type uint16; default 100; must ". >= ../id" { error-message "limit below id"; error-app-tag low; } }
        leaf extra { when "../../../mode = 'rich'"; type string; }
      }
      list port {
        key n; max-elements 3; leaf n { type uint8; }
        leaf peer { type leafref { path "../../port/n"; } }
      }
    }
    list link {
      key "a b";
      must "a != b" { error-message "a link joins two domains"; }
      leaf a { type leafref { path "../../domain/name"; } }
      leaf b { type leafref { path "/t:top/t:domain/t:name"; } }
      leaf port { type leafref { path "../../domain[t:name = current()/../a]/port/n"; } }
      choice how { mandatory true; leaf fast { type empty; } leaf slow { type empty; } }
    }
    leaf any { type union {
      type leafref { path "../domain/port/n"; }
      type enumeration { enum none; }
      type leafref { path "../domain/name"; }
      type enumeration { enum auto; }
      type instance-identifier;
    } }
    leaf total { type uint16; must ". = count(../domain)"; }
    leaf which { type instance-identifier; }
    leaf-list tag { type string; min-elements 0; max-elements 2; }
  }
}`

type op = yangtest.Op

func TestViolations(t *testing.T) {
	set := yangtest.Compile(t, []string{"t"}, module)
	v := validate.New(set)
	domain := func(name, id string) []op {
		return []op{{Path: "/t:top/domain[name='" + name + "']/config/name", Value: name}, {Path: "/t:top/domain[name='" + name + "']/config/id", Value: id}}
	}
	link := func(a, b string) []op {
		return []op{{Path: "/t:top/link[a='" + a + "'][b='" + b + "']/fast"}}
	}
	base := slices.Concat(domain("x", "1"), domain("y", "2"), link("x", "y"))
	del := func(path string) []op { return []op{{Operation: tree.Remove, Path: path}} }
	tests := []struct {
		name   string
		ops    []op
		tag    tree.Tag
		appTag string
		path   string
	}{
		{"nothing wrong", nil, "", "", ""},
		{"unknown target", link("x", "z"), tree.TagDataMissing, "instance-required", "/t:top/link[a='x'][b='z']/b"},
		{"target removed", del("/t:top/domain[name='y']"), tree.TagDataMissing, "instance-required", "/t:top/link[a='x'][b='y']/b"},
		{"key and config differ", []op{{Path: "/t:top/domain[name='x']/config/name", Value: "q"}}, tree.TagDataMissing, "instance-required", "/t:top/domain[name='x']/name"},
		{"same id", domain("z", "2"), tree.TagOperationFailed, "data-not-unique", "/t:top/domain[name='z']"},
		{"to itself", link("x", "x"), tree.TagOperationFailed, "must-violation", "/t:top/link[a='x'][b='x']"},
		{"own app tag", []op{{Path: "/t:top/domain[name='x']/config/limit", Value: "0"}}, tree.TagOperationFailed, "low", "/t:top/domain[name='x']/config/limit"},
		{"default breaks must", []op{{Path: "/t:top/domain[name='x']/config/id", Value: "101"}}, tree.TagOperationFailed, "low", "/t:top/domain[name='x']/config/limit"},
		{"mandatory removed", del("/t:top/domain[name='x']/config/id"), tree.TagDataMissing, "", "/t:top/domain[name='x']/config/id"},
		{"mandatory under presence", []op{{Path: "/t:top/strict"}}, tree.TagDataMissing, "", "/t:top/strict/need"},
		{"mandatory choice removed", del("/t:top/link[a='x'][b='y']/fast"), tree.TagDataMissing, "missing-choice", "/t:top/link[a='x'][b='y']"},
		{"when not met", []op{{Path: "/t:top/domain[name='x']/config/extra", Value: "e"}}, tree.TagUnknownElement, "", "/t:top/domain[name='x']/config/extra"},
		{"when met", []op{{Path: "/t:top/domain[name='x']/config/extra", Value: "e"}, {Path: "/t:top/mode", Value: "rich"}}, "", "", ""},
		{"count off", []op{{Path: "/t:top/total", Value: "3"}}, tree.TagOperationFailed, "must-violation", "/t:top/total"},
		{"dangling in the same entry", []op{{Path: "/t:top/domain[name='x']/port[n='1']/peer", Value: "2"}}, tree.TagDataMissing, "instance-required", "/t:top/domain[name='x']/port[n='1']/peer"},
		{"peer in another entry does not count", []op{{Path: "/t:top/domain[name='x']/port[n='1']/peer", Value: "2"}, {Path: "/t:top/domain[name='y']/port[n='2']"}}, tree.TagDataMissing, "instance-required", "/t:top/domain[name='x']/port[n='1']/peer"},
		{"predicate leafref", []op{{Path: "/t:top/link[a='x'][b='y']/port", Value: "4"}, {Path: "/t:top/domain[name='y']/port[n='4']"}}, tree.TagDataMissing, "instance-required", "/t:top/link[a='x'][b='y']/port"},
		{"predicate leafref met", []op{{Path: "/t:top/link[a='x'][b='y']/port", Value: "4"}, {Path: "/t:top/domain[name='x']/port[n='4']"}}, "", "", ""},
		{"too many", []op{{Path: "/t:top/domain[name='x']/port[n='1']"}, {Path: "/t:top/domain[name='x']/port[n='2']"}, {Path: "/t:top/domain[name='x']/port[n='3']"}, {Path: "/t:top/domain[name='x']/port[n='4']"}}, tree.TagOperationFailed, "too-many-elements", "/t:top/domain[name='x']/port"},
		{"union of references", []op{{Path: "/t:top/any", Value: "z"}}, tree.TagDataMissing, "instance-required", "/t:top/any"},
		{"union, first member met", []op{{Path: "/t:top/any", Value: "1"}, {Path: "/t:top/domain[name='x']/port[n='1']"}}, "", "", ""},
		{"union, first member not met", []op{{Path: "/t:top/any", Value: "1"}}, tree.TagDataMissing, "instance-required", "/t:top/any"},
		{"union, third member met", []op{{Path: "/t:top/any", Value: "x"}}, "", "", ""},
		{"union, plain member before", []op{{Path: "/t:top/any", Value: "none"}}, "", "", ""},
		{"union, plain member behind", []op{{Path: "/t:top/any", Value: "auto"}}, "", "", ""},
		{"union, instance met", []op{{Path: "/t:top/any", Value: "/t:top/domain[name='x']"}}, "", "", ""},
		{"union, instance not met", []op{{Path: "/t:top/any", Value: "/t:top/domain[name='q']"}}, tree.TagDataMissing, "instance-required", "/t:top/any"},
		{"instance-identifier", []op{{Path: "/t:top/which", Value: "/t:top/domain[name='q']"}}, tree.TagDataMissing, "instance-required", "/t:top/which"},
		{"instance-identifier met", []op{{Path: "/t:top/which", Value: "/t:top/domain[name='x']"}}, "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := mustApply(t, tree.New(set), base)
			state, errs := v.Check(nil, start)
			if errs != nil {
				t.Fatalf("the base is refused: %v", errs)
			}
			next := mustApply(t, start, test.ops)
			_, errs = v.Check(state, next)
			if test.tag == "" {
				if errs != nil {
					t.Fatalf("refused: %v", errs)
				}
				return
			}
			if len(errs) == 0 {
				t.Fatal("accepted")
			}
			e := errs[0]
			if e.Tag != test.tag || e.AppTag != test.appTag || e.Path.String() != test.path || e.Message == "" {
				t.Errorf("got %d: %s %s %s %q, want %s %s %s", len(errs), e.Tag, e.AppTag, e.Path, e.Message, test.tag, test.appTag, test.path)
			}
		})
	}
}

func mustApply(t testing.TB, from *tree.Tree, ops []op) *tree.Tree {
	t.Helper()
	e := from.Edit()
	if err := e.Apply(yangtest.Edit(t, from.Schema(), ops...), tree.Merge); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}

// TestManyViolations checks that an edit full of mistakes costs no more than its
// size, and is not answered at any length.
func TestManyViolations(t *testing.T) {
	set := yangtest.Compile(t, []string{"t"}, module)
	e := tree.New(set).Edit()
	fast := yangtest.Path(t, set, "/t:top/link[a='x'][b='y']/fast")
	const n = 20_000
	for i := range n {
		p := slices.Clone(fast)
		p[1].Keys = []schema.Value{p[1].Keys[0].Type().Unchecked(fmt.Sprint("a", i)), p[1].Keys[1].Type().Unchecked(fmt.Sprint("b", i))}
		if err := e.SetLeaf(p, p[2].Node.Type.Unchecked("")); err != nil {
			t.Fatal(err)
		}
	}
	_, errs := validate.New(set).Check(nil, e.Tree())
	if len(errs) < 100 || len(errs) > 2000 {
		t.Fatalf("%d errors", len(errs))
	}
	if last := errs[len(errs)-1]; last.Path != nil || !strings.Contains(last.Message, "more violations") {
		t.Errorf("the last error does not say how many are left out: %v", last)
	}
}

func BenchmarkOneEntry(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := yangtest.Compile(b, []string{"t"}, module)
			v := validate.New(set)
			e := tree.New(set).Edit()
			name := yangtest.Path(b, set, "/t:top/domain[name='x']/config/name")
			id := yangtest.Path(b, set, "/t:top/domain[name='x']/config/id")
			put := func(e *tree.Editor, i, value int) {
				text := fmt.Sprint(i)
				for _, p := range []tree.Path{slices.Clone(name), slices.Clone(id)} {
					p[1].Keys = []schema.Value{p[1].Keys[0].Type().Unchecked(text)}
					v := p[3].Node.Type.Unchecked(text)
					if p[3].Node.Name == "id" {
						v = p[3].Node.Type.Unchecked(fmt.Sprint(value))
					}
					_ = e.SetLeaf(p, v)
				}
				limit := append(slices.Clone(id[:3]), schema.PathStep{Node: id[2].Node.Child("t", "limit")})
				limit[1].Keys = []schema.Value{limit[1].Keys[0].Type().Unchecked(text)}
				_ = e.SetLeaf(limit, limit[3].Node.Type.Unchecked("9999999"))
			}
			for i := range n {
				put(e, i, i)
			}
			cur := e.Tree()
			state, errs := v.Check(nil, cur)
			if errs != nil {
				b.Fatal(errs[0])
			}
			b.ResetTimer()
			for i := range b.N {
				e := state.Tree.Edit()
				put(e, n/2, n+i)
				if state, errs = v.Check(state, e.Tree()); errs != nil {
					b.Fatal(errs)
				}
			}
		})
	}
}
