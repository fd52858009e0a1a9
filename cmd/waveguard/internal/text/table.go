package text

import (
	"io"
	"strings"
	"unicode/utf8"
)

// gap is between columns.
const gap = "  "

// Table is columns with a heading each. Numbers are aligned right.
type Table struct {
	palette Palette
	rows    [][]Cell
}

// Cell is a text in a table.
type Cell struct {
	Text  string
	Style Style
	Right bool // aligned right
}

// NewTable returns a table with these headings.
func NewTable(p Palette, headings ...string) *Table {
	row := make([]Cell, len(headings))
	for i, heading := range headings {
		row[i] = Cell{Text: heading, Style: Bold}
	}
	return &Table{palette: p, rows: [][]Cell{row}}
}

// Add adds a row. An empty cell shows as a dash.
func (t *Table) Add(cells ...Cell) {
	for i := range cells {
		if cells[i].Text == "" {
			cells[i].Text = "-"
		}
		if cells[i].Right && i < len(t.rows[0]) {
			t.rows[0][i].Right = true
		}
	}
	t.rows = append(t.rows, cells)
}

// Write writes the table.
func (t *Table) Write(w io.Writer) error {
	widths := t.widths()
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteString(gap)
			}
			padding := strings.Repeat(" ", widths[i]-width(cell.Text))
			switch {
			case cell.Right:
				b.WriteString(padding + t.palette.Paint(cell.Style, cell.Text))
			case i == len(row)-1:
				b.WriteString(t.palette.Paint(cell.Style, cell.Text))
			default:
				b.WriteString(t.palette.Paint(cell.Style, cell.Text) + padding)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell.Text))
		}
	}
	return widths
}

func width(s string) int { return utf8.RuneCountInString(s) }
