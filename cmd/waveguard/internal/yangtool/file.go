package yangtool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Format is what a file holds.
type Format string

// The formats.
const (
	YANG Format = "yang"
	XML  Format = "xml"
	JSON Format = "json"
)

// ParseFormat returns the format of that name.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case YANG, XML, JSON:
		return f, nil
	}
	return "", fmt.Errorf("want %s, %s or %s", XML, JSON, YANG)
}

// File is a file that was read.
type File struct {
	Name   string // as the user gave it; "-" is standard input
	Format Format
	Text   []byte

	starts []int // of the lines, once asked for
}

// UsageError says that the command line is wrong.
type UsageError struct{ message string }

// Error implements the error interface.
func (e *UsageError) Error() string { return e.message }

func misused(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// Read reads a file, or stdin for "-"; nil is one that was read already. Its format is what the ending of its name
// says or, where that says nothing, the one given. The error says what to do.
func Read(name string, stdin io.Reader, otherwise Format) (*File, error) {
	format, err := ParseFormat(strings.TrimPrefix(filepath.Ext(name), "."))
	if err != nil {
		format = otherwise
	}
	if format == "" {
		return nil, misused("cannot tell what %s holds; say so with --format xml, json or yang", described(name))
	}
	f := &File{Name: name, Format: format}
	if name == "-" && stdin == nil {
		return nil, misused("standard input can be read once; give the other files by name")
	}
	if name == "-" {
		f.Text, err = readAll(stdin)
	} else {
		f.Text, err = readFile(name)
	}
	return f, explained(err)
}

// maxFile bounds what is read at once, in octets: devices and pipes may have no end.
const maxFile = 64 << 20

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f)
}

func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("more than %d octets, which no configuration or module has; check the name", maxFile)
	}
	return text, err
}

func described(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// explained adds what to do.
func explained(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; check the name", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; make it readable for this user", err)
	}
	return err
}

// lines returns where the lines start.
func (f *File) lines() []int {
	if f.starts == nil {
		f.starts = []int{0}
		for i, c := range f.Text {
			if c == '\n' {
				f.starts = append(f.starts, i+1)
			}
		}
	}
	return f.starts
}

// line returns a line of the text, from 1; nothing when there is none.
func (f *File) line(n int) []byte {
	starts := f.lines()
	if n < 1 || n > len(starts) {
		return nil
	}
	end := len(f.Text)
	if n < len(starts) {
		end = starts[n] - 1
	}
	return bytes.TrimSuffix(f.Text[starts[n-1]:end], []byte("\r"))
}

// placeOf returns the place of an offset into the text.
func (f *File) placeOf(offset int) Place {
	n, found := slices.BinarySearch(f.lines(), offset)
	if found {
		n++
	}
	return Place{n, 1 + offset - f.starts[n-1]}
}
