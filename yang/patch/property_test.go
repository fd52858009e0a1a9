package patch_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/internal/generate"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// TestPatchesLeadFromTreeToTree: for random pairs of trees, some of which share much,
// the patch between them makes the second of the first, and so does what comes back
// of it from XML and from JSON.
func TestPatchesLeadFromTreeToTree(t *testing.T) {
	for name, set := range map[string]*schema.Set{"every kind": codectest.Example(t), "models": codectest.Models(t)} {
		t.Run(name, func(t *testing.T) {
			c := container(t)
			r := rand.New(rand.NewPCG(8072, 17))
			g := generate.New(set, generate.Options{State: true})
			versions := []*tree.Tree{tree.New(set)}
			edits := map[patch.Operation]int{}
			for range 60 {
				made := read(t, set, g.Document(r).XML(set))
				other := versions[r.IntN(len(versions))]
				mixed := merged(t, other, made)
				for _, pair := range [][2]*tree.Tree{{other, made}, {other, mixed}, {mixed, other}, {made, mixed}} {
					p := &patch.Patch{ID: "p", Edits: patch.Between(pair[0], pair[1])}
					for _, ed := range p.Edits {
						edits[ed.Operation]++
					}
					leads(t, p, pair)
					leads(t, throughXML(t, set, c, p), pair)
					leads(t, throughJSON(t, set, c, p), pair)
				}
				versions = append(versions, made, mixed)
			}
			needed := []patch.Operation{patch.Create, patch.Delete}
			if name == "every kind" { // the models are many: few pairs have the same leaf
				needed = append(needed, patch.Replace, patch.Insert, patch.Move)
			}
			for _, op := range needed {
				if edits[op] == 0 {
					t.Errorf("no pair needed a %s: %v", op, edits)
				}
			}
		})
	}
}

// leads fails the test unless p makes the second tree of the first.
func leads(t *testing.T, p *patch.Patch, pair [2]*tree.Tree) {
	t.Helper()
	got, err := p.Apply(pair[0])
	if err != nil {
		t.Fatalf("from %s\nto %s\nthe patch fails: %v", text(t, pair[0]), text(t, pair[1]), err)
	}
	if meaning(text(t, got)) != meaning(text(t, pair[1])) {
		t.Fatalf("from %s\nto %s\nthe patch makes\n%s", text(t, pair[0]), text(t, pair[1]), text(t, got))
	}
}

// nothing matches anydata with containers that say nothing, which JSON leaves out.
var nothing = regexp.MustCompile(`<(blob|[a-z]+-subtree-filter)( xmlns="[^"]*")?>(<[^/]*></[^>]*>)+</(?:blob|[a-z]+-subtree-filter)>`)

func meaning(doc string) string { return nothing.ReplaceAllString(doc, "<$1$2/>") }

// document is the definition of the patch as a document.
var document = sync.OnceValues(func() (*schema.Node, error) {
	set, err := schema.Compile([]fs.FS{models.FS}, schema.Options{Implement: []string{"ietf-yang-patch"}})
	if err != nil {
		return nil, err
	}
	for _, s := range set.Module("ietf-yang-patch").Structures {
		if s.Name == "yang-patch" {
			return s.Child("", "yang-patch"), nil
		}
	}
	return nil, errors.New("ietf-yang-patch has no patch")
})

func container(t testing.TB) *schema.Node {
	t.Helper()
	s, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func throughXML(t *testing.T, set *schema.Set, s *schema.Node, p *patch.Patch) *patch.Patch {
	t.Helper()
	doc := asXML(t, patch.Encode(s, p, patch.Options{}))
	el, err := xml.Parse([]byte(doc), xml.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	c, err := xml.DecodeInput(s.Set(), s, el)
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	checks.Do(func() { checker = validate.NewWithState(s.Set()) })
	if faults := checker.CheckDocument(tree.NewContainer(s.DataParent, []tree.Node{c})); len(faults) > 0 {
		t.Fatalf("%v in %s", faults[0], doc)
	}
	return decoded(t, set, c, doc)
}

// checker holds patches to their module: to the conditions of its leafs, for one.
var (
	checks  sync.Once
	checker *validate.Validator
)

func throughJSON(t *testing.T, set *schema.Set, s *schema.Node, p *patch.Patch) *patch.Patch {
	t.Helper()
	doc := asJSON(t, patch.Encode(s, p, patch.Options{}))
	c, err := json.DecodeInput(s.Set(), s, []byte(doc), json.DecodeOptions{})
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return decoded(t, set, c, doc)
}

func decoded(t *testing.T, set *schema.Set, c *tree.Container, doc string) *patch.Patch {
	t.Helper()
	p, err := patch.Decode(set, c)
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return p
}

func asXML(t testing.TB, c *tree.Container) string {
	t.Helper()
	var b strings.Builder
	if err := xml.Encode(&b, c, xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asJSON(t testing.TB, c *tree.Container) string {
	t.Helper()
	var b strings.Builder
	if err := json.Encode(&b, c, json.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func text(t testing.TB, at *tree.Tree) string {
	t.Helper()
	return asXML(t, at.Root())
}

// read reads a document; one without nodes is the empty tree.
func read(t testing.TB, set *schema.Set, doc string) *tree.Tree {
	t.Helper()
	at, err := xml.Decode(set, []byte("<config>"+doc+"</config>"), xml.DecodeOptions{State: true})
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return at
}

func merged(t testing.TB, a, b *tree.Tree) *tree.Tree {
	t.Helper()
	e := a.Edit()
	for n := range b.Root().Children() {
		if err := e.Merge(nil, n); err != nil {
			t.Fatal(err)
		}
	}
	return e.Tree()
}
