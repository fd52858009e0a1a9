package validate_test

import (
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// A schema, a tree, a validator, a state and an expression are shared without a
// lock; the race detector says whether that is right.
func TestConcurrentUse(t *testing.T) {
	set := yangtest.Compile(t, []string{"a"}, `module a { yang-version 1.1; namespace urn:a; prefix a; identity i; identity j { base i; }
		list l { key k; unique v; must "count(../l) < 1000 and re-match(k, 'k.*')"; leaf k { type string { pattern 'k\d+'; } } leaf v { type int32; }
			leaf to { type leafref { path "/a:l/a:k"; } } leaf w { when "../v > 1"; type int32; default 3; }
			leaf at { type instance-identifier; } leaf id { type identityref { base i; } } anydata any; } }`)
	doc := `{"a:l":[`
	for i := range 50 {
		doc += fmt.Sprintf(`{"k":"k%d","v":%d,"to":"k%d","at":"/a:l[k='k%d']","id":"j","any":{"x":[1]}},`, i, i, (i+1)%50, (i+7)%50)
	}
	doc = doc[:len(doc)-1] + "]}"
	ed, err := json.DecodeEdit(set, nil, []byte(doc), json.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e := tree.New(set).Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		t.Fatal(err)
	}
	v := validate.New(set)
	state, errs := v.Check(nil, e.Tree())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	all, err := xpath.Parse("deref(//to)/../k[. = 'k1'] | //w | //at[deref(.)] | //id[derived-from(., 'a:i')]", func(p string) (string, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5 {
				next := state.Tree.Edit()
				path := yangtest.Path(t, set, fmt.Sprintf("/a:l[k='k%d']/v", 100*g+i+60))
				if err := next.SetLeaf(path, path.Schema().Type.Unchecked(fmt.Sprint(1000+i))); err != nil {
					t.Error(err)
				}
				if _, errs := v.Check(state, next.Tree()); len(errs) > 0 {
					t.Error(errs)
				}
				nodes, err := all.Nodes(xpath.Context{Node: tree.NewCursor(state.Tree, tree.ConfigOnly)})
				if err != nil || len(nodes) != 1+48+50+50 {
					t.Errorf("%d nodes, %v", len(nodes), err)
				}
				if _, err := json.DecodeEdit(set, nil, []byte(doc), json.DecodeOptions{}); err != nil {
					t.Error(err)
				}
				if err := xml.Encode(io.Discard, state.Tree.Root(), xml.EncodeOptions{}); err != nil {
					t.Error(err)
				}
				if changes := tree.Diff(state.Tree, next.Tree()); len(changes) != 1 {
					t.Errorf("%d changes", len(changes))
				}
			}
		})
	}
	wg.Wait()
}
