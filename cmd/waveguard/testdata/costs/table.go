package main

import (
	"fmt"
	"io"
	"strings"
)

// table is one of Markdown.
type table struct {
	title string
	head  []string
	rows  [][]string
	notes []string // below it
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *table) write(w io.Writer) error {
	line := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.title)
	b.WriteString(line(t.head))
	b.WriteString("|" + strings.Repeat("---|", len(t.head)) + "\n")
	for _, row := range t.rows {
		b.WriteString(line(row))
	}
	for _, note := range t.notes {
		b.WriteString("\n" + note + "\n")
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// nanoseconds writes a time as people say it.
func nanoseconds(ns float64) string {
	switch {
	case ns < 100:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 1000:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 100_000:
		return fmt.Sprintf("%.1f µs", ns/1000)
	case ns < 1_000_000:
		return fmt.Sprintf("%.0f µs", ns/1000)
	default:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
}

// times writes a ratio.
func times(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.1f", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}

// overhead writes how much more than a baseline something is.
func overhead(value, baseline float64) string { return fmt.Sprintf("%+.1f %%", 100*(value/baseline-1)) }

// kibibytes writes an amount of memory given in KiB.
func kibibytes(kib float64) string {
	if kib < 1024 {
		return fmt.Sprintf("%.1f KiB", kib)
	}
	return fmt.Sprintf("%.1f MiB", kib/1024)
}
