package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DefaultPackage depends on Debian's current kernel for virtual machines.
const DefaultPackage = "linux-image-cloud-amd64"

// Cache is a folder of unpacked kernel packages, shared by any number of
// processes. A package is fetched once and reused from then on; removing the
// folder has the current one fetched again.
//
// Each package is a folder of its name. A package that only depends on a
// kernel, as DefaultPackage does, is a symbolic link to the folder of that kernel,
// and so is PACKAGE_SUITE.
type Cache struct {
	Dir string
	// Logf tells what takes time. It must not be nil.
	Logf func(format string, args ...any)
}

// DefaultDir is the folder waveguard/pkuvm of $WAVEGUARD_CACHE or else of the
// user's cache.
func DefaultDir() (string, error) {
	base := os.Getenv("WAVEGUARD_CACHE")
	if base == "" {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("find a cache folder (set WAVEGUARD_CACHE): %w", err)
		}
	}
	return filepath.Abs(filepath.Join(base, "waveguard", "pkuvm"))
}

// Get returns the kernel of a package, given by name, as PACKAGE/SUITE if it is to come from that
// suite of Debian's, whichever the machine has, or as a .deb file.
func (c Cache) Get(ctx context.Context, pkg string) (*Kernel, error) {
	entry := filepath.Join(c.Dir, entryName(pkg))
	if _, err := os.Stat(entry); err == nil {
		return Open(entry)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(c.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock the kernel cache: %w", err)
	}
	defer unlock()
	if err := c.add(ctx, pkg, entry); err != nil {
		return nil, fmt.Errorf("fetch kernel package %s: %w", pkg, err)
	}
	return Open(entry)
}

func entryName(pkg string) string {
	if file, is := strings.CutSuffix(pkg, ".deb"); is {
		return filepath.Base(file)
	}
	return strings.ReplaceAll(pkg, "/", "_")
}

// add makes entry. The cache must be locked.
func (c Cache) add(ctx context.Context, pkg, entry string) error {
	if _, err := os.Stat(entry); err == nil {
		return nil // another process was first
	}
	if strings.HasSuffix(pkg, ".deb") {
		return c.unpack(ctx, pkg, entry)
	}
	var from apt
	pkg, suite, named := strings.Cut(pkg, "/")
	if named {
		dir, err := os.MkdirTemp(c.Dir, "suite-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if from, err = only(ctx, suite, dir); err != nil {
			return err
		}
	}
	concrete, err := from.resolve(ctx, pkg)
	if err != nil {
		return err
	}
	if err := c.download(ctx, from, concrete); err != nil || filepath.Base(entry) == concrete {
		return err
	}
	if err := os.Remove(entry); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(concrete, entry)
}

// download adds a concrete kernel package.
func (c Cache) download(ctx context.Context, from apt, concrete string) error {
	entry := filepath.Join(c.Dir, concrete)
	if _, err := os.Stat(entry); err == nil {
		return nil
	}
	dir, err := os.MkdirTemp(c.Dir, "download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c.Logf("fetching %s", concrete)
	deb, err := from.fetch(ctx, dir, concrete)
	if err != nil {
		return err
	}
	return c.unpack(ctx, deb, entry)
}

// unpack makes entry from a package file, completely or not at all.
func (c Cache) unpack(ctx context.Context, deb, entry string) error {
	dir, err := os.MkdirTemp(c.Dir, "unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := command(ctx, "", "dpkg", "-x", deb, dir); err != nil {
		return err
	}
	return os.Rename(dir, entry)
}
