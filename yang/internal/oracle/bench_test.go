package oracle

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/generate"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// bench compares the two implementations for one set of models.
type bench struct {
	*yanglint
	engine
	generator *generate.Generator
	seen      coverage
}

func newBench(t testing.TB, m modelSet) *bench {
	t.Helper()
	set := m.compile(t)
	b := &bench{
		yanglint: lint(t, m), engine: newEngine(set, m.documents()), seen: coverage{},
		generator: generate.New(set, generate.Options{State: m.documents() != "config"}),
	}
	b.agree(set)
	return b
}

// verdicts are what both sides have against a document, nil for nothing.
type verdicts struct{ ours, theirs error }

func (v verdicts) differ() bool {
	return (v.ours == nil) != (v.theirs == nil) && !errors.Is(v.theirs, errCrashed)
}

func (b *bench) judge(doc *generate.Element, encoding string) verdicts {
	text := write(b.set, doc, encoding)
	faults := b.faults(encoding, text)
	b.seen.note(faults)
	return verdicts{first(faults), b.yanglint.check(encoding, text)}
}

func write(set *schema.Set, doc *generate.Element, encoding string) string {
	if encoding == "xml" {
		return doc.XML(set)
	}
	return doc.JSON()
}

var encodings = []string{"xml", "json"}

// repairs is how often a document is repaired before it is taken as it is.
const repairs = 40

// document returns a document that this engine admits, or after many repairs
// one that it does not. It is without children when nothing was left.
func (b *bench) document(r *rand.Rand) *generate.Element {
	if len(b.contents) > 0 {
		return b.operation(r)
	}
	doc := b.generator.Document(r)
	b.repair(r, doc, func() []*tree.Error { return b.faults("xml", doc.XML(b.set)) })
	return doc
}

// operation returns a document with an operation, and sets the data around it.
func (b *bench) operation(r *rand.Rand) *generate.Element {
	data := b.generator.Document(r)
	b.repair(r, data, func() (faults []*tree.Error) {
		b.data, faults = b.state("xml", data.XML(b.set))
		return faults
	})
	if _, faults := b.state("xml", data.XML(b.set)); len(faults) > 0 || len(data.Kids) == 0 {
		return &generate.Element{}
	}
	b.operational(data.XML(b.set))
	doc := b.generator.Operation(r, b.contents[r.IntN(len(b.contents))], data)
	if doc == nil {
		return &generate.Element{}
	}
	b.repair(r, doc, func() []*tree.Error { return b.faults("xml", doc.XML(b.set)) })
	return doc
}

func (b *bench) repair(r *rand.Rand, doc *generate.Element, faults func() []*tree.Error) {
	for range repairs {
		found := faults()
		if len(found) == 0 {
			return
		}
		b.seen.note(found)
		for _, f := range found {
			b.generator.Repair(r, doc, f)
		}
	}
}

// least returns the document without what does not matter to the dispute.
func (b *bench) least(doc *generate.Element, encoding string) *generate.Element {
	doc = doc.Clone()
	want := dispute(b.judge(doc, encoding))
	var reduce func(e *generate.Element)
	reduce = func(e *generate.Element) {
		for i := len(e.Kids) - 1; i >= 0; i-- {
			all := e.Kids
			e.Kids = slices.Delete(slices.Clone(all), i, i+1)
			if len(doc.Kids) == 0 || dispute(b.judge(doc, encoding)) != want {
				e.Kids = all
				reduce(all[i])
			}
		}
	}
	reduce(doc)
	return doc
}

// dispute says what one side has against a document that the other has not,
// without the names and values in it; "" when they agree.
func dispute(v verdicts) string {
	switch {
	case !v.differ():
		return ""
	case v.ours == nil:
		return "libyang: " + particular.ReplaceAllString(v.theirs.Error(), "")
	}
	return "ours: " + particular.ReplaceAllString(v.ours.Error(), "")
}

var particular = regexp.MustCompile(`\(path:.*|at /\S*|'[^']*'|"[^"]*"|YANGLINT.*`)
