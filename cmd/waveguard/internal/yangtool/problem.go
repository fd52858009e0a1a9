package yangtool

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// Problem is one thing that is wrong with a module or a document.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 when unknown
	Column  int    `json:"column,omitempty"` // in bytes, from 1
	Path    string `json:"path,omitempty"`   // of the offending node
	Tag     string `json:"error-tag,omitempty"`
	AppTag  string `json:"error-app-tag,omitempty"`
	Message string `json:"message"`
	Rule    string `json:"rule,omitempty"` // the statement that is violated
	Hint    string `json:"hint,omitempty"` // what to do, or what is allowed

	shown, before string // of the line, when it is known, and what stands below it up to the mark
}

// Place is a place in a file; Line is 0 when it is unknown.
type Place struct{ Line, Column int }

// at puts the problem at a place of a file.
func (p Problem) at(f *File, place Place) Problem {
	p.File, p.Line, p.Column = f.Name, place.Line, place.Column
	if place.Line > 0 && place.Column > 0 {
		p.shown, p.before = excerpt(f.line(place.Line), place.Column)
	}
	return p
}

// position is file:line:column, as far as it is known.
func (p Problem) position() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File + ": "
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: ", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
}

// shownProblems is how many problems people get to see at a time.
const shownProblems = 100

// WriteProblems writes problems as a compiler does: the place, the line with a
// mark below, and what there is to know.
func WriteProblems(w io.Writer, p text.Palette, problems []Problem) error {
	var b strings.Builder
	for i, problem := range problems {
		if i == shownProblems {
			fmt.Fprintf(&b, "There are %d more.\n", len(problems)-i)
			break
		}
		problem.write(&b, p)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Problem) write(b *strings.Builder, paint text.Palette) {
	b.WriteString(paint.Paint(text.Bold, text.Printable(p.position())) + paint.Paint(text.Bad, "error: ") + paint.Paint(text.Bold, text.Printable(p.Message)) + "\n")
	if p.shown != "" {
		number := fmt.Sprintf("%5d | ", p.Line)
		b.WriteString(paint.Paint(text.Faint, number) + p.shown + "\n")
		b.WriteString(paint.Paint(text.Faint, "      | ") + p.before + paint.Paint(text.Good, "^") + "\n")
	}
	tags := p.Tag
	if p.AppTag != "" {
		tags += ", " + p.AppTag
	}
	for _, detail := range []text.Pair{{Name: "at", Value: p.Path}, {Name: "rule", Value: p.Rule}, {Name: "tags", Value: tags}, {Name: "hint", Value: p.Hint}} {
		if detail.Value != "" {
			fmt.Fprintf(b, "      %s %s\n", paint.Paint(text.Faint, detail.Name+":"), text.Printable(detail.Value))
		}
	}
}

// Of a long line this much is shown, from before the column on.
const (
	shownBytes  = 120
	shownBefore = 40
)

// excerpt returns what to show of a line, and what stands below it up to the column.
// Of the line, of which nothing else is kept, it copies no more than it shows.
func excerpt(line []byte, column int) (shown, before string) {
	at := min(column-1, len(line))
	from, to := 0, len(line)
	if len(line) > shownBytes {
		from = max(0, at-shownBefore)
		to = min(len(line), from+shownBytes)
	}
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	for to < len(line) && !utf8.RuneStart(line[to]) {
		to++
	}
	shown, lead := text.Printable(string(line[from:to])), string(line[from:at])
	if from > 0 {
		shown, lead = "..."+shown, "..."+lead
	}
	if to < len(line) {
		shown += "..."
	}
	blank := func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}
	return shown, strings.Map(blank, lead)
}
