package scan

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Census counts the files of a tree.
type Census struct {
	Files   int      `json:"files"`            // regular ones
	Scanned int      `json:"scanned"`          // ELF files for x86
	Foreign int      `json:"foreign"`          // all other regular files
	Links   int      `json:"links"`            // further names of files
	Mounts  []string `json:"mounts,omitempty"` // folders on other file systems, which were not entered
}

// Tree scans the ELF files below a folder, such as the root of an image, and
// hands over their reports in the order of their names, or errors where a file
// could not be scanned. Files with several names are scanned once. Symbolic links
// are not followed, other file systems not entered, and nothing outside of the
// folder is opened, even if the tree changes.
//
// The error is of the folder itself, or of ctx.
func Tree(ctx context.Context, folder string, each func(*Report, error)) (*Census, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	top, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer top.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walk{ctx: ctx, root: root, top: top, census: &Census{}, seen: map[identity]bool{}, queue: make(chan *job, 4*runtime.GOMAXPROCS(0))}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var walked error
	go func() {
		defer close(w.queue)
		walked = w.walk(slots)
	}()
	for j := range w.queue {
		<-j.done
		w.census.count(j, each)
	}
	w.census.Foreign += w.skipped
	return w.census, walked
}

// job is one file; report and err are there when done is closed.
type job struct {
	path   string
	done   chan struct{}
	report *Report
	err    error
}

func (c *Census) count(j *job, each func(*Report, error)) {
	switch {
	case errors.Is(j.err, ErrForeign):
		c.Foreign++
	case j.err != nil:
		each(nil, j.err)
	default:
		c.Scanned++
		each(j.report, nil)
	}
}

// walk is the visit to a tree. The walker alone writes what is here, but for the
// numbers of the census that whoever takes jobs from the queue counts.
type walk struct {
	ctx    context.Context
	root   *os.Root
	top    *os.File // the same folder
	device uint64
	census *Census
	seen   map[identity]bool
	queue  chan *job

	skipped int // foreign files that are in no job
}

// walk puts a job for each file in the queue and has it done in one of the slots.
func (w *walk) walk(slots chan struct{}) error {
	return fs.WalkDir(w.root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		j := &job{path: path, done: make(chan struct{}), err: err}
		switch {
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case err == nil && entry.IsDir():
			return w.enter(path, entry)
		case err == nil && !entry.Type().IsRegular():
			return nil
		}
		var f *os.File
		if err == nil {
			w.census.Files++
			if f, err = openBeneath(w.root, w.top, filepath.FromSlash(path)); err == nil && (w.again(f) || w.foreign(f)) {
				return f.Close()
			}
		}
		return w.put(j, f, err, slots)
	})
}

// put has a file scanned, or tells the error.
func (w *walk) put(j *job, f *os.File, err error, slots chan struct{}) error {
	select {
	case w.queue <- j:
	case <-w.ctx.Done():
		if f != nil {
			_ = f.Close()
		}
		return w.ctx.Err()
	}
	if err != nil {
		j.err = fmt.Errorf("scan %s: %w", w.name(j.path), err)
		close(j.done)
		return nil
	}
	slots <- struct{}{}
	go func() {
		defer func() { <-slots }()
		defer close(j.done)
		j.report, j.err = scanFile(w.ctx, w.name(j.path), f)
	}()
	return nil
}

// enter says whether a folder is on the same file system as the first.
func (w *walk) enter(path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return nil // reading it says more
	}
	device := identityOf(info).device
	if path == "." {
		w.device = device
	}
	if device != w.device {
		w.census.Mounts = append(w.census.Mounts, w.name(path))
		return fs.SkipDir
	}
	return nil
}

// again says whether a file was met under another name.
func (w *walk) again(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || links(info) < 2 {
		return false
	}
	id := identityOf(info)
	if w.seen[id] {
		w.census.Links++
		return true
	}
	w.seen[id] = true
	return false
}

// foreign says whether a file does not begin like an ELF file, as most do not: that
// needs nobody else. What cannot be read is left to who says so.
func (w *walk) foreign(f *os.File) bool {
	magic := make([]byte, len(elf.ELFMAG))
	n, err := f.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) || string(magic[:n]) == elf.ELFMAG {
		return false
	}
	w.skipped++
	return true
}

func (w *walk) name(path string) string {
	return filepath.Join(w.root.Name(), filepath.FromSlash(path))
}
