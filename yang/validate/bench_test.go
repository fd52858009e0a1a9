package validate_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

const benchEntries = 10_000

// kinds has a model for each kind of constraint. In texts, # is the number
// of an entry; the base is put in once for each entry.
var kinds = []struct {
	name, model string
	base        []op
	// edits are what one transaction does, in turn.
	edits [2][]op
}{
	{
		"leafref", `list target { key n; leaf n { type uint32; } } list entry { key n; leaf n { type uint32; } leaf to { type leafref { path "/b:target/b:n"; } } }`,
		fixed("/b:target[n='#']/n #", "/b:entry[n='#']/to #"),
		[2][]op{fixed("/b:entry[n='5']/to 6", "/b:target[n='10001']/n 10001"), fixed("/b:entry[n='5']/to 7", "-/b:target[n='10001']")},
	},
	{
		"leafref-predicate", `list target { key n; leaf n { type uint32; } list port { key p; leaf p { type uint32; } } }
		 list entry { key n; leaf n { type uint32; } leaf to { type uint32; } leaf port { type leafref { path "/b:target[b:n = current()/../b:to]/b:port/b:p"; } } }`,
		fixed("/b:target[n='#']/port[p='#']/p #", "/b:entry[n='#']/to #", "/b:entry[n='#']/port #"),
		[2][]op{
			fixed("/b:entry[n='5']/to 6", "/b:entry[n='5']/port 6", "/b:target[n='7']/port[p='9']/p 9"),
			fixed("/b:entry[n='5']/to 7", "/b:entry[n='5']/port 7", "-/b:target[n='7']/port[p='9']"),
		},
	},
	{
		"leafref-union", `list target { key n; leaf n { type uint32; } leaf alias { type string; } }
		 list entry { key n; leaf n { type uint32; } leaf to { type union { type leafref { path "/b:target/b:n"; } type leafref { path "/b:target/b:alias"; } } } }`,
		fixed("/b:target[n='#']/alias a#", "/b:entry[n='#']/to #"),
		[2][]op{fixed("/b:entry[n='5']/to 6", "/b:target[n='10001']/n 10001"), fixed("/b:entry[n='5']/to 7", "-/b:target[n='10001']")},
	},
	{
		"leafref-default", `list target { key n; leaf n { type uint32; } } list entry { key n; leaf n { type uint32; } leaf to { type leafref { path "/b:target/b:n"; } default 1; } }`,
		fixed("/b:target[n='#']/n #", "/b:entry[n='#']/to #"),
		[2][]op{fixed("/b:entry[n='5']/to 6", "/b:target[n='10001']/n 10001"), fixed("/b:entry[n='5']/to 7", "-/b:target[n='10001']")},
	},
	{
		"must-count", `container top { must "count(entry) <= 20000"; list entry { key n; leaf n { type uint32; } } }`,
		fixed("/b:top/entry[n='#']/n #"),
		[2][]op{fixed("/b:top/entry[n='10001']/n 10001"), fixed("-/b:top/entry[n='10001']")},
	},
	{
		"must-sibling", `list entry { key n; leaf n { type uint32; } leaf low { type uint32; } leaf high { type uint32; must ". >= ../low"; } }`,
		fixed("/b:entry[n='#']/low 1", "/b:entry[n='#']/high 9"),
		[2][]op{fixed("/b:entry[n='5']/low 2"), fixed("/b:entry[n='5']/low 3")},
	},
	{
		"when", `list entry { key n; leaf n { type uint32; } leaf kind { type string; } leaf more { when "../kind = 'a'"; type string; } }`,
		fixed("/b:entry[n='#']/kind a", "/b:entry[n='#']/more x"),
		[2][]op{fixed("/b:entry[n='5']/kind b"), fixed("/b:entry[n='5']/kind a", "/b:entry[n='5']/more y")},
	},
	{
		"unique", `list entry { key n; unique "x y"; leaf n { type uint32; } leaf x { type uint32; } leaf y { type uint32; default 3; } }`,
		fixed("/b:entry[n='#']/x #"),
		[2][]op{fixed("/b:entry[n='5']/x 20001"), fixed("/b:entry[n='5']/x 20002")},
	},
	{
		"instance-identifier", `list target { key n; leaf n { type uint32; } } list entry { key n; leaf n { type uint32; } leaf at { type instance-identifier; } }`,
		fixed("/b:target[n='#']/n #", "/b:entry[n='#']/at /b:target[n='#']"),
		[2][]op{fixed("/b:entry[n='5']/at /b:target[n='6']", "/b:target[n='10001']/n 10001"), fixed("/b:entry[n='5']/at /b:target[n='7']", "-/b:target[n='10001']")},
	},
}

// BenchmarkKinds edits and checks one entry of 10,000.
func BenchmarkKinds(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			set := yangtest.Compile(b, []string{"b"}, "module b { yang-version 1.1; namespace urn:b; prefix b; "+kind.model+" }")
			rules := validate.New(set)
			e := tree.New(set).Edit()
			for i := range benchEntries {
				perform(b, e, set, kind.base, i+1)
			}
			state, errs := rules.Check(nil, e.Tree())
			if errs != nil {
				b.Fatal(errs[0])
			}
			b.ResetTimer()
			for i := range b.N {
				e := state.Tree.Edit()
				perform(b, e, set, kind.edits[i%2], 0)
				if state, errs = rules.Check(state, e.Tree()); errs != nil {
					b.Fatal(errs[0])
				}
			}
		})
	}
}

// fixed makes operations of templates, as ops does.
func fixed(templates ...string) []op { return ops(nil, templates...) }

func perform(b *testing.B, e *tree.Editor, set *schema.Set, ops []op, number int) {
	b.Helper()
	for _, o := range ops {
		path := yangtest.Path(b, set, numbered(o.Path, number))
		if o.Operation == tree.Remove {
			_, _ = e.DeletePath(path)
			continue
		}
		s := path.Schema()
		v, err := s.ParseValue(numbered(o.Value, number))
		if err == nil && !s.IsKey() {
			err = e.SetLeaf(path, v)
		} else if err == nil {
			err = e.Merge(path[:len(path)-2], tree.NewContainer(s.DataParent, []tree.Node{tree.NewLeaf(s, v)}))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// numbered fills a number into a text of kinds.
func numbered(text string, number int) string {
	return strings.ReplaceAll(text, "#", strconv.Itoa(number))
}
