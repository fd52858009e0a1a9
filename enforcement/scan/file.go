package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// File scans the executable segments of an ELF file. An error of a file that is
// none, or not for x86, or damaged wraps ErrFormat.
func File(ctx context.Context, path string) (*Report, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := ELF(ctx, path, f, size)
	if err != nil {
		return nil, err
	}
	if mode, err := f.Stat(); err == nil && mode.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		r.note("it is setuid or setgid")
	}
	return r, nil
}

func openRegular(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// ELF scans an ELF file of a size in bytes. Errors are like those of File.
func ELF(ctx context.Context, name string, r io.ReaderAt, size int64) (*Report, error) {
	m, err := openImage(r, size)
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", name, err)
	}
	report := &Report{Name: name}
	return report, report.scan(ctx, join(m.layout(report)))
}

// Raw scans bytes as the code of a 64-bit process, whatever they are.
func Raw(ctx context.Context, name string, r io.ReaderAt, size int64) (*Report, error) {
	report := &Report{Name: name}
	if size <= 0 {
		report.judge()
		return report, nil
	}
	return report, report.scan(ctx, join([]part{{end: uint64(size), source: r, name: "raw bytes"}}))
}

// scan searches spans and explains what it finds. It returns the error of ctx.
func (r *Report) scan(ctx context.Context, spans []*span) error {
	buf := newBuffer()
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
