package cpio_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/testdata/pkuvm/cpio"
)

// TestListing has busybox, a reader we did not write, list an archive with
// every kind of entry.
func TestListing(t *testing.T) {
	archive := sample(t)
	got := busybox(t, t.TempDir(), archive, "cpio", "-t")
	want := "bin\nbin/sh\ndev\ndev/console\nempty\na\na/b\na/b/odd\n"
	if got != want {
		t.Errorf("listing:\n%s\nwant:\n%s", got, want)
	}
	if len(archive)%4 != 0 {
		t.Errorf("archive of %d bytes is not a multiple of 4", len(archive))
	}
}

func TestExtract(t *testing.T) {
	dir := t.TempDir()
	busybox(t, dir, sample(t), "cpio", "-id", "bin/sh", "a/b/odd", "empty")
	if b, err := os.ReadFile(dir + "/a/b/odd"); err != nil || string(b) != "12345" {
		t.Errorf("a/b/odd = %q, %v; want 12345", b, err)
	}
	if target, err := os.Readlink(dir + "/bin/sh"); err != nil || target != "/bin/busybox" {
		t.Errorf("bin/sh -> %q, %v; want /bin/busybox", target, err)
	}
	if fi, err := os.Stat(dir + "/a/b/odd"); err != nil || fi.Mode().Perm() != 0o750 {
		t.Errorf("a/b/odd: %v, %v; want mode 0750", fi.Mode(), err)
	}
	if fi, err := os.Stat(dir + "/empty"); err != nil || !fi.IsDir() {
		t.Errorf("empty: %v; want a directory", err)
	}
}

func TestErrorsStick(t *testing.T) {
	w := cpio.NewWriter(io.Discard)
	if err := w.File("short", 0o644, 10, strings.NewReader("abc")); !errors.Is(err, io.EOF) {
		t.Errorf("short file: %v; want %v", err, io.EOF)
	}
	if err := w.Close(); err == nil {
		t.Error("Close after a short file succeeded")
	}
	if err := cpio.NewWriter(io.Discard).File("big", 0o644, 1<<32, nil); err == nil {
		t.Error("a 4 GiB file was accepted")
	}
}

func sample(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for _, err := range []error{
		w.Symlink("/bin/sh", "/bin/busybox"),
		w.CharDevice("dev/console", 0o600, 5, 1),
		w.Dir("/empty/", 0o700),
		w.Dir("/empty", 0o700),
		w.File("/a/b/odd", 0o750, 5, strings.NewReader("12345")),
		w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func busybox(t *testing.T, dir string, in []byte, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("busybox"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("busybox is missing: install the package busybox-static")
		}
		t.Skip("busybox is missing: install the package busybox-static")
	}
	cmd := exec.Command("busybox", args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("busybox %v: %v", args, err)
	}
	return string(out)
}
