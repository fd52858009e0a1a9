package command

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/enforcement/scan"
)

// write tells people. Of folders only what deserves a look is listed.
func (r *scanRun) write() error {
	w := &scanWriter{run: r, paint: r.palette()}
	for _, report := range r.Reports {
		w.report(report)
	}
	w.summary()
	_, err := io.WriteString(r.Stdout, w.String())
	return err
}

// scanWriter writes reports.
type scanWriter struct {
	strings.Builder
	run   *scanRun
	paint text.Palette
}

func (w *scanWriter) report(r *scan.Report) {
	refused := r.Refused(w.run.accepted...)
	if w.run.Census != nil && refused == 0 && len(r.Unread) == 0 && !w.run.flags.explain {
		return
	}
	style, word := text.Good, string(r.Verdict)
	if refused > 0 {
		style, word = text.Bad, "refused, "+text.Counted(refused, "hit")
	} else if r.Verdict == scan.Hits {
		style, word = text.Warn, "hits, all accepted"
	}
	fmt.Fprintf(w, "%s: %s\n", w.paint.Paint(text.Bold, text.Printable(r.Name)), w.paint.Paint(style, word))
	for i := range r.Hits {
		if h := &r.Hits[i]; w.run.flags.explain || !w.accepts(h.Class) {
			w.hit(h)
		}
	}
	if more := r.Total - len(r.Hits); more > 0 {
		fmt.Fprintf(w, "  There are %d hits more.\n", more)
	}
	for _, place := range r.Unread {
		fmt.Fprintf(w, "  %s %s\n", w.paint.Paint(text.Bad, "not read:"), text.Printable(place))
	}
	if refused > 0 || w.run.flags.explain {
		for _, note := range r.Notes {
			fmt.Fprintf(w, "  %s %s\n", w.paint.Paint(text.Faint, "note:"), text.Printable(note))
		}
	}
}

func (w *scanWriter) accepts(c scan.Class) bool {
	r := scan.Report{Total: 1, Hits: []scan.Hit{{Class: c}}}
	return r.Refused(w.run.accepted...) == 0
}

func (w *scanWriter) hit(h *scan.Hit) {
	symbol := ""
	if h.Symbol != "" {
		symbol = " in " + h.Symbol
	}
	style := text.Bad
	if w.accepts(h.Class) {
		style = text.Good
	}
	fmt.Fprintf(w, "  %v %s%s: %s\n", h.Address, h.Instruction, text.Printable(symbol), text.Printable(h.Place))
	fmt.Fprintf(w, "    %s %s\n", w.paint.Paint(style, string(h.Class)+":"), text.Printable(h.Claim))
	if !w.run.flags.explain {
		return
	}
	where := h.In
	if h.Section != "" {
		where += ", section " + h.Section
	}
	fmt.Fprintf(w, "    where: offset %v of the file, %s\n", h.Offset, text.Printable(where))
	fmt.Fprintf(w, "    to do: %s\n", text.Printable(h.Advice))
	w.code(h.Code)
}

// code lists instructions, with a mark before that which the hit begins in.
func (w *scanWriter) code(lines []scan.Line) {
	for i, l := range lines {
		if l.Mark == scan.Hidden && (i == 0 || lines[i-1].Mark != scan.Hidden) {
			w.WriteString("      the same bytes, read from the hit:\n")
		}
		mark := " "
		if l.Mark == scan.Here {
			mark = ">"
		}
		fmt.Fprintf(w, "    %s %12x  %-30s %s\n", mark, uint64(l.Address), spaced(l.Bytes), l.Text)
	}
}

// spaced separates bytes in hexadecimal.
func spaced(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return digits
	}
	return fmt.Sprintf("% x", b)
}

func (w *scanWriter) summary() {
	fmt.Fprintf(w, "%s scanned, %s of code", text.Counted(len(w.run.Reports), "executable"), size(w.run.bytes))
	if c := w.run.Census; c != nil {
		fmt.Fprintf(w, ", among %s", text.Counted(c.Files, "file"))
		if c.Links > 0 {
			fmt.Fprintf(w, " of which %d are further names", c.Links)
		}
		for _, mount := range c.Mounts {
			fmt.Fprintf(w, "\nnot entered, another file system: %s", text.Printable(mount))
		}
	}
	w.WriteString("\n")
}

// size is a number of bytes in words.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return text.Counted(int(n), "byte")
}

// progress is a line on the terminal that says how far a scan is.
type progress struct {
	w io.Writer // nil if nobody looks
}

func newProgress(s *session) *progress {
	if !text.Terminal(s.Stderr, s.Getenv) {
		return &progress{}
	}
	return &progress{s.Stderr}
}

// eraseLine goes to the beginning of the line and erases it (ECMA-48, EL).
const eraseLine = "\r\x1b[K"

// shownProgress is how many reports pass between two looks.
const shownProgress = 16

func (p *progress) show(reports int, bytes int64, name string) {
	if p.w == nil || reports%shownProgress != 0 {
		return
	}
	const most = 50
	if r := []rune(text.Printable(name)); len(r) > most {
		name = "..." + string(r[len(r)-most:])
	}
	fmt.Fprintf(p.w, "%s%d scanned, %s, %s", eraseLine, reports, size(bytes), text.Printable(name))
}

func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, eraseLine)
	}
}
