package scan

import (
	"context"
	"fmt"
	"io"
	"os"
)

// File scans the executable segments of an ELF file. The error wraps ErrForeign
// if it is none for x86 processors, and ErrFormat if it is damaged.
func File(ctx context.Context, path string) (*Report, error) {
	f, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, err
	}
	return scanFile(ctx, path, f)
}

// scanFile scans a file, which it closes.
func scanFile(ctx context.Context, name string, f *os.File) (*Report, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("scan %s: it is no regular file: %w", name, ErrForeign)
	}
	r, err := ELF(ctx, name, f, info.Size())
	if err == nil && info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		r.note("it is setuid or setgid")
	}
	return r, err
}

// ELF scans an ELF file of a size in bytes. Errors are like those of File.
func ELF(ctx context.Context, name string, r io.ReaderAt, size int64) (*Report, error) {
	m, err := openImage(r, size)
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", name, err)
	}
	report := newReport(name)
	parts := m.layout(report)
	if err := m.sane(parts); err != nil {
		return nil, fmt.Errorf("scan %s: %w", name, err)
	}
	if err := report.scan(ctx, join(parts)); err != nil {
		return nil, fmt.Errorf("scan %s: %w", name, err)
	}
	return report, nil
}

// Raw scans bytes as the code of a 64-bit process, whatever they are.
func Raw(ctx context.Context, name string, r io.ReaderAt, size int64) (*Report, error) {
	report := newReport(name)
	if size <= 0 {
		report.judge()
		return report, nil
	}
	if err := report.scan(ctx, join([]part{{end: uint64(size), source: r, name: "raw bytes"}})); err != nil {
		return nil, fmt.Errorf("scan %s: %w", name, err)
	}
	return report, nil
}

// scan searches spans and explains what it finds. It returns the error of ctx.
func (r *Report) scan(ctx context.Context, spans []*span) error {
	f := &findings{report: r}
	if err := searchAll(ctx, spans, f.take); err != nil {
		return err
	}
	f.explain()
	r.judge()
	return nil
}

// findings are those of a report, as far as they were searched.
type findings struct {
	report *Report
	span   *span // that the hits are in
	hits   []located
}

// take takes a piece in; pieces come in order.
func (f *findings) take(p *piece) {
	if p.span != f.span {
		f.explain()
		f.span = p.span
	}
	room := max(0, maxHits-f.report.Total)
	f.hits = append(f.hits, p.hits[:min(room, len(p.hits))]...)
	f.report.Total += p.total
	f.report.Bytes += p.searched
	for _, g := range p.gaps {
		f.report.unread("%s: %v", g.part.name, g.err)
	}
}

func (f *findings) explain() {
	if f.span != nil {
		f.report.Hits = append(f.report.Hits, f.span.examine(f.hits)...)
	}
	f.hits = f.hits[:0]
}
