package cpio

import (
	"fmt"
	"io"
	"math"
	"path"
	"strings"
)

// File types of a newc mode field, as in stat(2).
const (
	typeDir     = 0o040000
	typeChar    = 0o020000
	typeFile    = 0o100000
	typeSymlink = 0o120000
)

// trailer names the entry that ends an archive.
const trailer = "TRAILER!!!"

// Writer writes one archive. Every entry belongs to root. Names are absolute
// or relative to the root, in slash form; directories that lead to an entry
// are written before it, with mode 0755.
//
// The first error sticks: it is returned by every later call.
type Writer struct {
	w       io.Writer
	err     error
	offset  int64
	inode   uint32
	written map[string]bool
}

// NewWriter returns a Writer to w. Close must be called to end the archive.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, written: map[string]bool{".": true}}
}

type entry struct {
	name         string
	mode         uint32
	size         int64
	major, minor uint32
}

// Dir writes a directory, once: a second Dir of the same name is ignored.
func (w *Writer) Dir(name string, perm uint32) error {
	if name = clean(name); !w.written[name] {
		w.begin(entry{name: name, mode: typeDir | perm})
	}
	return w.err
}

// Symlink writes a symbolic link to target.
func (w *Writer) Symlink(name, target string) error {
	w.begin(entry{name: clean(name), mode: typeSymlink | 0o777, size: int64(len(target))})
	w.write([]byte(target))
	w.pad()
	return w.err
}

// CharDevice writes the node of a character device.
func (w *Writer) CharDevice(name string, perm, major, minor uint32) error {
	w.begin(entry{name: clean(name), mode: typeChar | perm, major: major, minor: minor})
	return w.err
}

// File writes a regular file of exactly size bytes read from r. It is an error
// for r to end early.
func (w *Writer) File(name string, perm uint32, size int64, r io.Reader) error {
	if size < 0 || size > math.MaxUint32 {
		return w.fail(fmt.Errorf("archive %s: %d bytes do not fit the newc format (4 GiB)", name, size))
	}
	w.begin(entry{name: clean(name), mode: typeFile | perm, size: size})
	if w.err != nil {
		return w.err
	}
	n, err := io.CopyN(w.w, r, size)
	w.offset += n
	if err != nil {
		return w.fail(fmt.Errorf("archive %s: %w", name, err))
	}
	w.pad()
	return w.err
}

// Close ends the archive. It does not close the underlying writer.
func (w *Writer) Close() error {
	w.header(entry{name: trailer})
	return w.err
}

// begin writes the missing parents of e and its header.
func (w *Writer) begin(e entry) {
	if parent := path.Dir(e.name); !w.written[parent] {
		w.begin(entry{name: parent, mode: typeDir | 0o755})
	}
	w.written[e.name] = true
	w.inode++
	w.header(e)
}

// header writes the fixed header and the name, padded to four bytes. Inode
// numbers are distinct, so that the kernel sees no hard links.
func (w *Writer) header(e entry) {
	const links, noTime, noDevice, noChecksum = 1, 0, 0, 0
	fields := [...]uint32{
		w.inode, e.mode, 0, 0, links, noTime, uint32(e.size),
		noDevice, noDevice, e.major, e.minor, uint32(len(e.name) + 1), noChecksum,
	}
	var b strings.Builder
	b.WriteString("070701")
	for _, f := range fields {
		fmt.Fprintf(&b, "%08X", f)
	}
	b.WriteString(e.name)
	b.WriteByte(0)
	w.write([]byte(b.String()))
	w.pad()
}

func (w *Writer) pad() {
	w.write(make([]byte, -w.offset&3))
}

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.w.Write(b)
	w.offset += int64(n)
	w.err = err
}

func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// clean makes name relative to the root of the archive.
func clean(name string) string {
	name = path.Clean("/" + name)[1:]
	if name == "" {
		return "."
	}
	return name
}
