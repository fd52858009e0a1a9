package yangtool

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// WriteLines writes data for people to read: a line a node, indented by level, an
// entry of a list with its keys. Names are those of JSON.
func WriteLines(w io.Writer, p text.Palette, t *tree.Tree) error {
	l := &liner{palette: p}
	l.children(t.Root(), 0)
	_, err := io.WriteString(w, l.b.String())
	return err
}

// liner writes lines.
type liner struct {
	b       strings.Builder
	palette text.Palette
}

// children writes all in c but the keys, which the line of the entry has.
func (l *liner) children(c *tree.Container, depth int) {
	widest := 0
	for k := range c.Children() {
		if s := k.Schema(); (s.Kind == schema.Leaf || s.Kind == schema.LeafList) && !s.IsKey() {
			widest = max(widest, utf8.RuneCountInString(name(c, s)))
		}
	}
	for k := range c.Children() {
		n := name(c, k.Schema())
		switch x := k.(type) {
		case *tree.Container:
			l.line(depth, l.palette.Paint(text.Bold, n))
			l.children(x, depth+1)
		case *tree.List:
			for e := range x.All() {
				l.line(depth, l.palette.Paint(text.Bold, n)+keys(e))
				l.children(e, depth+1)
			}
		case *tree.LeafList:
			for leaf := range x.All() {
				l.line(depth, n+strings.Repeat(" ", widest-utf8.RuneCountInString(n))+"  "+shown(leaf.Value()))
			}
		case *tree.Leaf:
			if !x.Schema().IsKey() {
				l.line(depth, strings.TrimRight(n+strings.Repeat(" ", widest-utf8.RuneCountInString(n))+"  "+shown(x.Value()), " "))
			}
		case *tree.Any:
			l.line(depth, n+"  "+quote(x.XML()))
		}
	}
}

func (l *liner) line(depth int, text string) {
	l.b.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// name is that of JSON: with the module where it is another one than around
// (RFC 7951 section 4).
func name(in *tree.Container, s *schema.Node) string {
	if in.Schema().Kind != schema.Root && in.Schema().Module == s.Module {
		return s.Name
	}
	return s.Module.Name + ":" + s.Name
}

func keys(entry *tree.Container) string {
	var b strings.Builder
	for _, k := range entry.Keys() {
		b.WriteString(" " + shown(k))
	}
	return b.String()
}

// shown is a value as people read it; nothing for one of type empty.
func shown(v schema.Value) string {
	if v.Type().Base == schema.Empty {
		return ""
	}
	return quote(v.String())
}

// quote puts quotes around what is not one word, so that it can be told where it
// begins and ends.
func quote(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r == '"' || unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	if plain {
		return s
	}
	return strconv.Quote(s)
}
