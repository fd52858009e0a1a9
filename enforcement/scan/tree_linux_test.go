package scan_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// image makes a folder with what the root of an image may hold.
func imageFolder(t *testing.T) string {
	t.Helper()
	folder, outside := t.TempDir(), t.TempDir()
	clean := program(2*page, load(page, 0x2000, page))
	hit := slices.Clone(clean)
	copy(hit[page:], wrpkru)
	damaged := clean[:100]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(folder+"/usr/bin", 0o700))
	must(os.MkdirAll(folder+"/lib", 0o700))
	must(os.WriteFile(folder+"/usr/bin/clean", clean, 0o700))
	must(os.WriteFile(folder+"/usr/bin/hit", hit, 0o600)) // data that a loader may map
	must(os.Chmod(folder+"/usr/bin/hit", os.ModeSetuid|0o755))
	must(os.WriteFile(folder+"/usr/bin/script", []byte("#!/bin/sh\n"), 0o700))
	must(os.WriteFile(folder+"/empty", nil, 0o700))
	must(os.WriteFile(folder+"/lib/damaged.so", damaged, 0o600))
	must(os.Link(folder+"/usr/bin/hit", folder+"/usr/bin/same"))
	must(os.WriteFile(outside+"/elsewhere", hit, 0o700))
	must(os.Symlink(outside, folder+"/out"))
	must(os.Symlink(outside+"/elsewhere", folder+"/lib/out.so"))
	must(os.Symlink("/", folder+"/root"))
	must(unix.Mkfifo(folder+"/pipe", 0o600))
	return folder
}

func TestTree(t *testing.T) {
	folder := imageFolder(t)
	var reports []string
	var errs []error
	census, err := scan.Tree(t.Context(), folder, func(r *scan.Report, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		reports = append(reports, strings.TrimPrefix(r.Name, folder)+": "+string(r.Verdict)+strings.Join(r.Notes, ""))
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/usr/bin/clean: clean", "/usr/bin/hit: hitsit is setuid or setgid"}; !slices.Equal(reports, want) {
		t.Errorf("reports %q, want %q", reports, want)
	}
	if len(errs) != 1 || !errors.Is(errs[0], scan.ErrFormat) || !strings.Contains(errs[0].Error(), filepath.Join(folder, "lib/damaged.so")) {
		t.Errorf("errors %v", errs)
	}
	if census.Files != 6 || census.Scanned != 2 || census.Foreign != 2 || census.Links != 1 || len(census.Mounts) != 0 {
		t.Errorf("census %+v", census)
	}
}

func TestTreeGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := scan.Tree(ctx, imageFolder(t), func(r *scan.Report, err error) { t.Errorf("%v, %v", r, err) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a scan that was given up ends with %v", err)
	}
}

func TestTreeThatIsNone(t *testing.T) {
	if _, err := scan.Tree(t.Context(), t.TempDir()+"/none", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestFileThatIsNone(t *testing.T) {
	folder := imageFolder(t)
	if _, err := scan.File(t.Context(), folder+"/pipe"); !errors.Is(err, scan.ErrForeign) {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := scan.File(t.Context(), folder); !errors.Is(err, scan.ErrForeign) {
		t.Errorf("a folder: %v", err)
	}
}
