package generate

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/xsdre"
)

// A seed names a document, and what is broken in it.
func TestDeterministic(t *testing.T) {
	set := codectest.Example(t)
	write := func(seed uint64) string {
		g, r := New(set, Options{State: true}), rand.New(rand.NewPCG(seed, 0))
		doc := g.Document(r)
		text := doc.XML(set) + doc.JSON()
		for _, m := range Mutations() {
			broken := doc.Clone()
			g.Mutate(r, broken, m)
			text += broken.XML(set) + broken.JSON()
		}
		return text + doc.XML(set)
	}
	for seed := range uint64(20) {
		if first, second := write(seed), write(seed); first != second {
			t.Errorf("seed %d gives different documents", seed)
		}
	}
}

// Documents are well-formed, and a mutation of a clone leaves the original alone.
func TestWellFormed(t *testing.T) {
	set := codectest.Example(t)
	g := New(set, Options{State: true})
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 0))
		doc := g.Document(r)
		before := doc.XML(set)
		for _, m := range Mutations() {
			g.Mutate(r, doc.Clone(), m)
		}
		if doc.XML(set) != before {
			t.Fatalf("seed %d: a mutation changes the original", seed)
		}
		if !json.Valid([]byte(doc.JSON())) {
			t.Errorf("seed %d: %s", seed, doc.JSON())
		}
		d := xml.NewDecoder(strings.NewReader("<a>" + before + "</a>"))
		var err error
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF {
			t.Errorf("seed %d: %v: %s", seed, err, before)
		}
	}
}

// Texts made from a pattern match it.
func TestMatch(t *testing.T) {
	for _, pattern := range []string{
		`a`, `[a-c]{3}`, `(ab|cd)*x?`, `[^a]+`, `\p{L}{1,4}[0-9]{2,}`, `.{0,9}`, `\d+\.\d*`, `[\-+]?\w\s\S`, `((a|b){2}){2}|z{40}`,
	} {
		re, err := xsdre.Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 0))
		for range 200 {
			if text := match(r, re); !re.MatchString(text) {
				t.Fatalf("%s gives %q", pattern, text)
			}
		}
	}
}
