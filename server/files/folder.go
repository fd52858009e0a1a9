package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"

	"github.com/optical-net/waveguard/yang/tree"
)

// folder is what the scheme file serves. Every name is resolved below its root, so
// that no link leads out of it, not even one that is put there meanwhile.
type folder struct {
	root *os.Root
	mu   sync.Mutex // one change at a time, so that the quota holds
}

// partial begins the names of files that are being written; no URL names them.
const partial = ".partial-"

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root}
	f.each(func(name string, _ fs.FileInfo) { // what a crash left behind
		if strings.HasPrefix(path.Base(name), partial) {
			_ = root.Remove(name)
		}
	})
	return f, nil
}

// each visits the files in the folder.
func (f *folder) each(visit func(name string, info fs.FileInfo)) {
	_ = fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be looked at is passed over
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			visit(name, info)
		}
		return nil
	})
}

// leastCharge is what a file counts for at least, so that empty ones have an end.
const leastCharge = 4096

func charge(size int64) int64 { return max(size, leastCharge) }

// used returns what the files take of the quota.
func (f *folder) used() (sum int64) {
	f.each(func(_ string, info fs.FileInfo) { sum += charge(info.Size()) })
	return sum
}

// read returns the content of a file. It does not wait for who should write into a
// pipe.
func (f *folder) read(name string, maximum int64) ([]byte, error) {
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, fileError(name, err)
	case !info.Mode().IsRegular():
		return nil, notAFile(name)
	}
	content, err := io.ReadAll(io.LimitReader(file, maximum+1))
	switch {
	case err != nil:
		return nil, fileError(name, err)
	case int64(len(content)) > maximum:
		return nil, tooBig(maximum)
	}
	return content, nil
}

// write makes a file, or replaces it, durably and at once.
func (f *folder) write(name string, content []byte, quota int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var freed int64
	switch info, err := f.root.Lstat(name); {
	case err == nil && info.IsDir():
		return notAFile(name)
	case err == nil && info.Mode().IsRegular():
		freed = charge(info.Size())
	}
	if need := f.used() - freed + charge(int64(len(content))); need > quota {
		return failed("resource-denied", "the files would take %d octets, and may take %d: delete some, or raise system/files/config/quota", need, quota)
	}
	if dir := path.Dir(name); dir != "." {
		if err := f.root.MkdirAll(dir, 0o700); err != nil {
			return fileError(name, err)
		}
	}
	return fileError(name, f.replace(name, content))
}

// replace puts content where name is by way of a file beside it.
func (f *folder) replace(name string, content []byte) (err error) {
	beside := path.Join(path.Dir(name), partial+rand.Text())
	file, err := f.root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.root.Remove(beside)
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := f.root.Rename(beside, name); err != nil {
		return err
	}
	return f.sync(path.Dir(name))
}

// sync makes the names in a folder durable.
func (f *folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// delete removes a file, and the folders around it that are empty then.
func (f *folder) delete(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch info, err := f.root.Lstat(name); {
	case err != nil:
		return fileError(name, err)
	case !info.Mode().IsRegular():
		return notAFile(name)
	}
	if err := f.root.Remove(name); err != nil {
		return fileError(name, err)
	}
	dir := path.Dir(name)
	for dir != "." && f.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
	return fileError(name, f.sync(dir))
}

// erase removes all there is, links and what no URL names too.
func (f *folder) erase() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := fs.ReadDir(f.root.FS(), ".")
	errs := []error{err}
	for _, e := range entries {
		errs = append(errs, f.root.RemoveAll(e.Name()))
	}
	return errors.Join(append(errs, f.sync("."))...)
}

func notAFile(name string) error {
	return wrongURL("file:///%s is not a file", name)
}

// fileError says in the protocol's terms what the system says of a file.
func fileError(name string, err error) error {
	if err == nil {
		return nil
	}
	cause := err
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		cause = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		cause = e.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed(tree.TagDataMissing, "there is no file:///%s", name)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EEXIST), errors.Is(err, syscall.ELOOP):
		return notAFile(name)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return failed("resource-denied", "the disk is full")
	}
	return failed(tree.TagOperationFailed, "%s", fmt.Sprintf("file:///%s: %v", name, cause))
}
