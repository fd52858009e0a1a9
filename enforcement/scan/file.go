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
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	for _, s := range spans {
		f := &findings{report: r}
		if err := s.search(ctx, buf, f); err != nil {
			return err
		}
		r.Hits = append(r.Hits, s.examine(f.hits)...)
	}
	r.judge()
	return nil
}

// findings are those in one span, for its report.
type findings struct {
	report *Report
	hits   []located
}

func (f *findings) hit(l located) {
	if f.report.Total++; f.report.Total <= maxHits {
		f.hits = append(f.hits, l)
	}
}

func (f *findings) gap(g gap) { f.report.unread("%s: %v", g.part.name, g.err) }

func (f *findings) searched(bytes int) { f.report.Bytes += int64(bytes) }
