package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// FS is the one flat directory a Log works in. Names have no separators.
type FS interface {
	// Create makes an empty file, replacing one of that name.
	Create(name string) (File, error)
	// OpenAppend opens an existing file for appending.
	OpenAppend(name string) (File, error)
	ReadFile(name string) ([]byte, error)
	Rename(oldName, newName string) error
	Remove(name string) error
	List() ([]string, error)
	// Sync makes what Create, Rename and Remove did durable.
	Sync() error
}

// File is an open file of an FS. Writes go to its end.
type File interface {
	io.Writer
	// Sync makes the file's content and length durable.
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Dir is an FS in a directory of the operating system, held by one process at
// a time.
type Dir struct {
	path string
	dir  *os.File
	lock *os.File
}

// LockName is the file in a Dir that says which process holds it.
const LockName = "lock"

// OpenDir takes the directory for this process, making it (mode 0700) if need
// be. The error names the process that has it, when another does.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	lock, err := takeLock(filepath.Join(path, LockName))
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return &Dir{path: path, dir: dir, lock: lock}, nil
}

// takeLock relies on flock(2), which the kernel lets go when the holder ends,
// however it ends. The content only informs.
func takeLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := awaitLock(f); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 128))
		return nil, errors.Join(lockError(filepath.Dir(name), string(holder), err), f.Close())
	}
	text := fmt.Sprintf("process %d, started %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	if err := errors.Join(f.Truncate(0), writeAt(f, text)); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock: %w", err), f.Close())
	}
	return f, nil
}

// lockGrace is how long a holder that was just killed may take to be gone: its
// locks go only when the kernel has taken it apart.
const lockGrace = time.Second

func awaitLock(f *os.File) error {
	deadline := time.Now().Add(lockGrace)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func lockError(dir, holder string, err error) error {
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	if holder = strings.TrimSpace(holder); holder == "" {
		holder = "another process"
	}
	return fmt.Errorf("data directory %s is in use by %s: stop that daemon, or use another directory: %w", dir, holder, err)
}

// Close lets the directory go. Files opened through it stay open.
func (d *Dir) Close() error { return errors.Join(d.lock.Close(), d.dir.Close()) }

// Path returns the directory's path, for messages.
func (d *Dir) Path() string { return d.path }

// Create implements FS; the file has mode 0600.
func (d *Dir) Create(name string) (File, error) {
	return d.open(name, os.O_CREATE|os.O_TRUNC)
}

// OpenAppend implements FS.
func (d *Dir) OpenAppend(name string) (File, error) { return d.open(name, 0) }

func (d *Dir) open(name string, flags int) (File, error) {
	f, err := os.OpenFile(filepath.Join(d.path, name), os.O_WRONLY|os.O_APPEND|flags, 0o600)
	if err != nil {
		return nil, err
	}
	return dataFile{f}, nil
}

// ReadFile implements FS.
func (d *Dir) ReadFile(name string) ([]byte, error) { return os.ReadFile(filepath.Join(d.path, name)) }

// Rename implements FS.
func (d *Dir) Rename(oldName, newName string) error {
	return os.Rename(filepath.Join(d.path, oldName), filepath.Join(d.path, newName))
}

// Remove implements FS.
func (d *Dir) Remove(name string) error { return os.Remove(filepath.Join(d.path, name)) }

// List implements FS.
func (d *Dir) List() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Sync implements FS.
func (d *Dir) Sync() error { return d.dir.Sync() }

// dataFile syncs by fdatasync(2): times of access need not be durable.
type dataFile struct{ *os.File }

func (f dataFile) Sync() error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
