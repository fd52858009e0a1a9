package yangtool

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Difference is one line of a comparison.
type Difference struct {
	Kind string `json:"kind"` // added, removed, changed or moved
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	// After is the entry that a moved or added one follows now, where users order
	// entries; First says that there is none.
	After string `json:"after,omitempty"`
	First bool   `json:"first,omitempty"`
}

// The kinds of difference.
const (
	added   = "added"
	removed = "removed"
	changed = "changed"
	moved   = "moved"
)

// Compare returns the differences between two versions, one for each leaf, entry
// and presence container.
func Compare(old, new *tree.Tree) []Difference {
	var out []Difference
	for _, c := range tree.Diff(old, new) {
		switch {
		case c.Moved:
			out = append(out, Difference{Kind: moved, Path: c.Path.String(), After: entry(c), First: c.After == nil})
		case c.Old == nil && c.Path.Schema().OrderedByUser:
			placed := Difference{Kind: added, Path: c.Path.String(), After: entry(c), First: c.After == nil}
			out = append(out, placed)
			out = append(out, within(placed, lines(added, c.Path, c.New))...)
		case c.Old == nil:
			out = append(out, lines(added, c.Path, c.New)...)
		case c.New == nil:
			out = append(out, lines(removed, c.Path, c.Old)...)
		default:
			out = append(out, Difference{Kind: changed, Path: c.Path.String(), Old: value(c.Old), New: value(c.New)})
		}
	}
	return out
}

// within returns the lines but one that says only what the line of the entry
// itself says.
func within(entry Difference, lines []Difference) []Difference {
	if len(lines) == 1 && lines[0].Path == entry.Path {
		return nil
	}
	return lines
}

// entry names the entry that a moved or added one follows.
func entry(c tree.Change) string {
	if c.After == nil {
		return ""
	}
	step := schema.PathStep{Node: c.Path.Schema(), Keys: c.After}
	if step.Node.Kind == schema.LeafList {
		step.Keys, step.Value = nil, &c.After[0]
	}
	return append(c.Path[:len(c.Path)-1:len(c.Path)-1], step).String()
}

// lines describes a subtree that came or went: an entry or presence container
// has a line of its own only when it would have none otherwise.
func lines(kind string, path tree.Path, n tree.Node) []Difference {
	line := Difference{Kind: kind, Path: path.String()}
	c, ok := n.(*tree.Container)
	if !ok {
		if kind == added {
			line.New = value(n)
		} else {
			line.Old = value(n)
		}
		return []Difference{line}
	}
	var out []Difference
	for k := range c.Children() {
		s := k.Schema()
		at := func(step schema.PathStep, n tree.Node) {
			step.Node = s
			out = append(out, lines(kind, append(path[:len(path):len(path)], step), n)...)
		}
		switch x := k.(type) {
		case *tree.List:
			for e := range x.All() {
				at(schema.PathStep{Keys: e.Keys()}, e)
			}
		case *tree.LeafList:
			for e := range x.All() {
				v := e.Value()
				at(schema.PathStep{Value: &v}, e)
			}
		default:
			if !s.IsKey() {
				at(schema.PathStep{}, k)
			}
		}
	}
	if len(out) == 0 {
		return []Difference{line}
	}
	return out
}

// value returns what a leaf or anydata holds; nothing for others, and for
// leaf-list entries, whose path has it.
func value(n tree.Node) string {
	switch x := n.(type) {
	case *tree.Leaf:
		if x.Schema().Kind == schema.Leaf {
			return x.Value().String()
		}
	case *tree.Any:
		return x.XML()
	}
	return ""
}

// WriteDifferences writes differences for people.
func WriteDifferences(w io.Writer, p text.Palette, differences []Difference) error {
	var b strings.Builder
	for _, d := range differences {
		b.WriteString(d.paint(p) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d Difference) paint(p text.Palette) string {
	with := func(v string) string {
		if v == "" {
			return ""
		}
		return ": " + legible(v)
	}
	switch d.Kind {
	case added:
		return p.Paint(text.Good, "+ "+d.Path+with(d.New)+d.where())
	case removed:
		return p.Paint(text.Bad, "- "+d.Path+with(d.Old))
	case changed:
		return p.Paint(text.Warn, fmt.Sprintf("~ %s: %s -> %s", d.Path, quoted(d.Old), quoted(d.New)))
	}
	return p.Paint(text.Warn, "> "+d.Path+d.where())
}

// where says where a user-ordered entry stands.
func (d Difference) where() string {
	switch {
	case d.First:
		return " (first)"
	case d.After != "":
		return " (behind " + d.After + ")"
	}
	return ""
}

// quoted shows an empty value.
func quoted(v string) string {
	if v == "" {
		return `""`
	}
	return legible(v)
}

// legible is a value on one line, which no terminal obeys.
func legible(v string) string {
	if text.Printable(v) == v {
		return v
	}
	return strconv.Quote(v)
}

// WriteEdit writes the <config> for edit-config that makes new of old. State
// cannot be edited, hence not differ: the error says so.
func WriteEdit(w io.Writer, old, new *tree.Tree) error {
	changes := tree.Diff(old, new)
	for _, c := range changes {
		if s := c.Path.Schema(); !s.Config {
			return fmt.Errorf("%s is state, which no edit can change; compare configurations with --type config", c.Path)
		}
	}
	ed, err := tree.Patch(new.Schema(), changes)
	if err != nil {
		return err
	}
	if err := xml.EncodeEdit(w, ed, xml.EncodeOptions{Indent: "  "}); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}
