package diagram

import (
	"strings"
)

// row is one node of a diagram: STATUS--FLAGS NAME OPTS TYPE IF-FEATURES.
type row struct {
	status   string // "+", "x" or "o"
	flags    string
	shape    shape
	name     string // with its prefix
	mark     string // "?", "*", "!" or ""
	keys     string // of a list
	typ      string
	features []string
	column   int // where its type stands; 0: where its siblings' do
	children []*row
}

// shape is how a name is written.
type shape uint8

const (
	plainShape  shape = iota
	choiceShape       // (name)
	caseShape         // :(name), without flags
)

// typeGap is how far types stand from names without mark.
const typeGap = 4

// typeColumn is where types stand in a group of siblings: behind the longest
// name. A list with keys counts for nothing.
func typeColumn(rows []*row) int {
	column := 0
	for _, r := range rows {
		if r.keys == "" {
			column = max(column, r.nameWidth()+typeGap)
		}
	}
	return column
}

// nameWidth is the width of all up to the name, its mark left out.
func (r *row) nameWidth() int {
	width := len(r.flags) + 1 + len(r.name)
	if r.shape != plainShape {
		width += len("()")
	}
	return width
}

// writeRows writes siblings and all below them, each line after a line break.
func writeRows(out *strings.Builder, indent string, rows []*row) {
	column := typeColumn(rows)
	for i, r := range rows {
		out.WriteString("\n" + indent)
		r.write(out, column)
		below := "|  "
		if i == len(rows)-1 {
			below = "   "
		}
		writeRows(out, indent+below, r.children)
	}
}

// write writes one row with its type at that column.
func (r *row) write(out *strings.Builder, column int) {
	out.WriteString(r.status + "--")
	switch r.shape {
	case plainShape:
		out.WriteString(r.flags + " " + r.name)
	case choiceShape:
		out.WriteString(r.flags + " (" + r.name + ")")
	case caseShape:
		out.WriteString(":(" + r.name + ")")
	}
	out.WriteString(r.mark)
	if r.keys != "" {
		out.WriteString(" [" + r.keys + "]")
	}
	if r.column > 0 {
		column = r.column
	}
	if r.typ != "" {
		out.WriteString(strings.Repeat(" ", column-r.nameWidth()-len(r.mark)) + r.typ)
	}
	if len(r.features) > 0 {
		out.WriteString(" {" + strings.Join(r.features, ",") + "}?")
	}
}
