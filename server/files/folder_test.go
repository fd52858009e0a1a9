package files

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

// shelf is an open folder with a policy that a test may change.
type shelf struct {
	*Files
	t      *testing.T
	dir    string
	policy Policy
}

func open(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: filepath.Join(t.TempDir(), "files"), policy: policy()}
	s.reopen()
	return s
}

func (s *shelf) reopen() {
	s.t.Helper()
	var err error
	if s.Files, err = Open(s.dir, func() Policy { return s.policy }); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.Close() })
}

// want fails the test unless err has that tag; "" is none.
func want(t *testing.T, err error, tag tree.Tag) {
	t.Helper()
	got := tree.Tag("")
	if e, ok := errors.AsType[*tree.Error](err); ok {
		got = e.Tag
	}
	if got != tag || (err == nil) != (tag == "") {
		t.Errorf("got %v, want %q", err, tag)
	}
}

func (s *shelf) write(url, content string, tag tree.Tag) {
	s.t.Helper()
	want(s.t, s.Write(s.t.Context(), url, []byte(content)), tag)
}

func (s *shelf) read(url, content string, tag tree.Tag) {
	s.t.Helper()
	got, err := s.Read(s.t.Context(), url)
	want(s.t, err, tag)
	if string(got) != content {
		s.t.Errorf("%s has %q, want %q", url, got, content)
	}
}

func TestFilesOfTheFolder(t *testing.T) {
	s := open(t)
	s.read("file:///a/b.xml", "", tree.TagDataMissing)
	s.write("file:///a/b.xml", "one", "")
	s.write("file:///a/b.xml", "two", "")
	s.read("file:///a/b.xml", "two", "")
	s.read("file:///a", "", tree.TagInvalidValue)
	s.write("file:///a", "", tree.TagInvalidValue)
	s.write("file:///a/b.xml/c", "", tree.TagInvalidValue)
	want(t, s.Delete(t.Context(), "file:///a"), tree.TagInvalidValue)
	want(t, s.Delete(t.Context(), "file:///a/b.xml"), "")
	want(t, s.Delete(t.Context(), "file:///a/b.xml"), tree.TagDataMissing)
	if left, err := os.ReadDir(s.dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	want(t, s.Delete(t.Context(), "https://backup.example.net/wg/a"), tree.TagOperationUnsupported)
	s.write("https://backup.example.net/wg/a", "", tree.TagInvalidValue) // not for writing
	s.policy.File = false
	s.write("file:///a.xml", "one", tree.TagInvalidValue)
}

func TestQuota(t *testing.T) {
	s := open(t)
	s.policy.QuotaBytes, s.policy.MaximumBytes = 3*leastCharge, 2*leastCharge
	s.write("file:///a", "", "")
	s.write("file:///b", strings.Repeat("b", 2*leastCharge), "")
	s.write("file:///c", "", "resource-denied")
	s.write("file:///b", strings.Repeat("c", 2*leastCharge), "") // what it replaces does not count
	s.write("file:///b", strings.Repeat("c", 2*leastCharge+1), tree.TagTooBig)
	if got := s.folder.used(); got != 3*leastCharge {
		t.Errorf("%d octets are used", got)
	}
	want(t, s.Delete(t.Context(), "file:///a"), "")
	s.write("file:///c", "", "")
	s.policy.MaximumBytes = 10
	s.read("file:///b", "", tree.TagTooBig)
}

// TestQuotaHoldsForMany: writers at the same time cannot exceed it together.
func TestQuotaHoldsForMany(t *testing.T) {
	s := open(t)
	s.policy.QuotaBytes = 4 * leastCharge
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() { _ = s.Write(context.Background(), "file:///"+string(rune('a'+i)), []byte("x")) })
	}
	wg.Wait()
	if got := s.folder.used(); got != s.policy.QuotaBytes {
		t.Errorf("%d octets are used of %d", got, s.policy.QuotaBytes)
	}
}

// TestLinksLeadNowhere: neither reading nor writing leaves the folder by a link.
func TestLinksLeadNowhere(t *testing.T) {
	s := open(t)
	outside := filepath.Join(filepath.Dir(s.dir), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"up": "..", "absolute": filepath.Dir(s.dir), "file": outside, "relative": "../secret", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, url := range []string{"file:///up/secret", "file:///absolute/secret", "file:///file", "file:///relative", "file:///loop"} {
		if content, err := s.Read(t.Context(), url); err == nil {
			t.Errorf("%s has %q", url, content)
		}
		if err := s.Delete(t.Context(), url); err == nil {
			t.Errorf("%s was deleted", url)
		}
	}
	for _, url := range []string{"file:///up/new", "file:///absolute/new"} {
		if err := s.Write(t.Context(), url, []byte("x")); err == nil {
			t.Errorf("%s was written", url)
		}
	}
	s.write("file:///file", "mine", "") // takes the place of the link
	if got, err := os.ReadFile(outside); string(got) != "secret" {
		t.Errorf("outside there is %q, %v", got, err)
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(s.dir), "new")); err == nil {
		t.Error("a file was made outside")
	}
}

// TestLinksThatComeMeanwhile: a folder that turns into a link out and back, while
// files in it are written and read, leads nowhere either.
func TestLinksThatComeMeanwhile(t *testing.T) {
	s := open(t)
	outside := filepath.Join(filepath.Dir(s.dir), "outside")
	if err := errors.Join(os.Mkdir(outside, 0o700), os.WriteFile(filepath.Join(outside, "lure"), []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		d, aside := filepath.Join(s.dir, "d"), filepath.Join(filepath.Dir(s.dir), "aside")
		for {
			select {
			case <-done:
				return
			default:
			}
			_ = os.Rename(d, aside)
			_ = os.Symlink(outside, d)
			_ = os.Remove(d)
			_ = os.Rename(aside, d)
		}
	})
	for range 300 {
		_ = s.Write(t.Context(), "file:///d/new", []byte("x"))
		if content, err := s.Read(t.Context(), "file:///d/lure"); err == nil && bytes.Contains(content, []byte("secret")) {
			t.Error("a file outside was read")
		}
		_ = s.Delete(t.Context(), "file:///d/lure")
	}
	close(done)
	wg.Wait()
	left, err := os.ReadDir(outside)
	if err != nil || len(left) != 1 || left[0].Name() != "lure" {
		t.Errorf("outside there is %v, %v", left, err)
	}
}

// TestPipesDoNotHang: what is no file is no configuration, and nobody waits for it.
func TestPipesDoNotHang(t *testing.T) {
	s := open(t)
	if err := syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o600); err != nil {
		t.Skipf("this file system has no pipes: %v", err)
	}
	s.read("file:///pipe", "", tree.TagInvalidValue)
	want(t, s.Delete(t.Context(), "file:///pipe"), tree.TagInvalidValue)
}

// TestCrashLeavesNothing: a file that was being written when the power failed is gone
// after the next start, and no URL ever named it.
func TestCrashLeavesNothing(t *testing.T) {
	s := open(t)
	s.write("file:///d/a", "whole", "")
	half := filepath.Join(s.dir, "d", partial+"X")
	if err := os.WriteFile(half, []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.read("file:///d/"+partial+"X", "", tree.TagInvalidValue)
	s.reopen()
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half of a file is still there: %v", err)
	}
	s.read("file:///d/a", "whole", "")
}

func TestErase(t *testing.T) {
	s := open(t)
	s.write("file:///d/e/a", "x", "")
	s.write("file:///b", "x", "")
	outside := filepath.Join(filepath.Dir(s.dir), "outside")
	if err := errors.Join(os.WriteFile(outside, nil, 0o600), os.Symlink(outside, filepath.Join(s.dir, "link")), s.Erase()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(s.dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("what a link led to is gone: %v", err)
	}
	s.write("file:///b", "x", "")
}
