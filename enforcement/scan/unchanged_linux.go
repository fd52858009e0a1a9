package scan

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// Unchanged says that [Follower.Look] would return what it returned before; false if that
// cannot be said at little cost. It waits for no file system.
func (f *Follower) Unchanged() bool {
	if f.latest == nil || !f.listUnchanged() {
		return false
	}
	for i := range f.looked.files {
		if !f.process.unchanged(&f.looked.files[i]) {
			return false
		}
	}
	return true
}

// list is the list of the mappings of a process, kept open: it stays that of the memory
// that the process had when it was opened, and has nothing more once that is given up.
type list struct {
	file *os.File // nil if it is not open
	read uint64   // how it read at the latest look

	unanswered bool // the kernel cannot be asked for single mappings
}

func (l *list) close() {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

// chunks are buffers for lists. One is larger than most lists, so that the kernel is asked
// twice: for all, and for more.
var chunks = sync.Pool{New: func() any { return new([1 << 15]byte) }}

func (f *Follower) listUnchanged() bool {
	if f.list.file == nil {
		file, err := f.process.open("maps")
		if err != nil {
			return false
		}
		f.list.file = file
	}
	same, err := f.asked()
	if errors.Is(err, unix.ENOTTY) {
		f.list.unanswered = true
		same, err = f.reread()
	}
	if err != nil {
		f.list.close()
		return false
	}
	return same
}

// asked compares the executable mappings one after another, which is cheaper than to have the
// kernel write all of them down: a process can have hundreds.
func (f *Follower) asked() (same bool, err error) {
	if f.list.unanswered {
		return false, unix.ENOTTY
	}
	at := uint64(0)
	for i := range f.looked.mappings {
		m := &f.looked.mappings[i]
		now, err := mpk.NextExecutable(f.list.file.Fd(), at)
		if err != nil || !m.is(&now) {
			return false, err
		}
		at = m.end
	}
	_, err = mpk.NextExecutable(f.list.file.Fd(), at)
	if errors.Is(err, unix.ENOENT) {
		return true, nil
	}
	return false, err
}

// is says whether the kernel tells the same of a mapping as its list did.
func (m *mapping) is(e *mpk.Executable) bool {
	return m.start == e.Start && m.end == e.End && m.writable() == e.Writable && m.shared() == e.Shared &&
		m.offset == e.Offset && m.inode == e.Inode && m.isOn(e.Major, e.Minor)
}

func (m *mapping) isOn(major, minor uint32) bool {
	first, second, _ := strings.Cut(m.device, ":")
	x, err := strconv.ParseUint(first, 16, 32)
	y, err2 := strconv.ParseUint(second, 16, 32)
	return err == nil && err2 == nil && uint32(x) == major && uint32(y) == minor
}

func (f *Follower) reread() (same bool, err error) {
	sum, err := f.sum(f.list.file)
	return sum == f.list.read, err
}

var errNoMemory = errors.New("the process has given its memory up")

// sum returns how a list of mappings reads.
func (f *Follower) sum(list *os.File) (uint64, error) {
	chunk := chunks.Get().(*[1 << 15]byte)
	defer chunks.Put(chunk)
	var h maphash.Hash
	h.SetSeed(f.seed)
	for at := int64(0); at <= maxMappings; {
		n, err := list.ReadAt(chunk[:], at)
		_, _ = h.Write(chunk[:n])
		at += int64(n)
		switch {
		case errors.Is(err, io.EOF) && at > 0:
			return h.Sum64(), nil
		case errors.Is(err, io.EOF):
			return 0, errNoMemory
		case err != nil:
			return 0, err
		}
	}
	return 0, errors.New("it is too long")
}

// file is one that is mapped, as it was.
type file struct {
	path    string // in the directory of the process; "" if it has none that leads to this file whatever the process does
	inode   uint64
	changed int64 // at which time, in nanoseconds since 1970; 0 if that cannot be said
}

// fileOf returns the file of a mapping.
func (p *process) fileOf(m *mapping) file {
	if m.inode == 0 {
		return file{}
	}
	var s unix.Stat_t
	f := file{path: fmt.Sprintf("map_files/%x-%x", m.start, m.end), inode: m.inode}
	err := unix.Fstatat(int(p.dir.Fd()), f.path, &s, 0)
	if err != nil && strings.HasPrefix(m.name, string(os.PathSeparator)) {
		f.path, err = "", unix.Fstatat(int(p.dir.Fd()), "root"+m.name, &s, 0)
	}
	if err != nil || s.Ino != m.inode {
		return file{}
	}
	f.changed = s.Ctim.Nano()
	return f
}

// unchanged says whether a file is as it was, as far as the kernel knows without asking
// whoever answers for its file system (statx(2), AT_STATX_DONT_SYNC).
func (p *process) unchanged(f *file) bool {
	var s unix.Statx_t
	if f.path == "" || unix.Statx(int(p.dir.Fd()), f.path, unix.AT_STATX_DONT_SYNC, unix.STATX_CTIME|unix.STATX_INO, &s) != nil {
		return false
	}
	return s.Ino == f.inode && s.Ctime.Sec*1e9+int64(s.Ctime.Nsec) == f.changed
}
