package crashfs

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/optical-net/waveguard/server/datastore/journal"
)

// ErrStopped is what every operation returns from the chosen one on.
var ErrStopped = errors.New("crashfs: the machine has stopped")

// FS is a directory in memory. It implements journal.FS and may be used by any
// number of goroutines.
type FS struct {
	mu      sync.Mutex
	names   map[string]*inode // as processes see them
	durable map[string]*inode // as they are after a loss of power
	ops     int
	stopAt  int
	failAt  int
	failure error
}

type inode struct{ data, durable []byte }

// New returns an empty directory.
func New() *FS { return &FS{names: map[string]*inode{}, durable: map[string]*inode{}} }

// StopAt makes the n-th changing operation from the beginning, counted from
// one, and all behind it fail with ErrStopped. The n-th is half done.
func (f *FS) StopAt(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopAt = n
}

// FailNext makes the n-th changing operation from now, counted from one, fail
// with err, half done. Those behind it work again.
func (f *FS) FailNext(n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failAt, f.failure = f.ops+n, err
}

// Operations returns how many changing operations there were.
func (f *FS) Operations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// step counts a changing operation and returns how it ends.
func (f *FS) step() error {
	f.ops++
	switch {
	case f.stopAt > 0 && f.ops >= f.stopAt:
		return ErrStopped
	case f.ops == f.failAt:
		return f.failure
	}
	return nil
}

// halfDone says that the operation that just failed may leave a trace.
func (f *FS) halfDone() bool { return f.ops == f.stopAt || f.ops == f.failAt }

// change runs one changing operation: do if it works, half if it stops on the way.
func (f *FS) change(do, half func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.step()
	switch {
	case err == nil:
		do()
	case half != nil && f.halfDone():
		half()
	}
	return err
}

// Create implements journal.FS.
func (f *FS) Create(name string) (journal.File, error) {
	n := &inode{}
	if err := f.change(func() { f.names[name] = n }, nil); err != nil {
		return nil, err
	}
	return &file{f, n}, nil
}

// OpenAppend implements journal.FS.
func (f *FS) OpenAppend(name string) (journal.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.names[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{f, n}, nil
}

// ReadFile implements journal.FS.
func (f *FS) ReadFile(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.names[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Clone(n.data), nil
}

// Rename implements journal.FS.
func (f *FS) Rename(oldName, newName string) error {
	return f.change(func() {
		f.names[newName] = f.names[oldName]
		delete(f.names, oldName)
	}, nil)
}

// Remove implements journal.FS.
func (f *FS) Remove(name string) error {
	return f.change(func() { delete(f.names, name) }, nil)
}

// List implements journal.FS.
func (f *FS) List() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.names)), nil
}

// Sync implements journal.FS.
func (f *FS) Sync() error {
	return f.change(func() { f.durable = maps.Clone(f.names) }, nil)
}

// WriteFile puts a durable file in place, as a test's setting.
func (f *FS) WriteFile(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &inode{slices.Clone(data), slices.Clone(data)}
	f.names[name], f.durable[name] = n, n
}
