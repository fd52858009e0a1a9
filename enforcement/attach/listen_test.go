package attach_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach"
)

func TestListenReplacesWhatIsStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attach.sock")
	first, err := attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode is %v (%v)", info.Mode(), err)
	}
	if l, err := attach.Listen(path); err == nil || !strings.Contains(err.Error(), "another daemon is listening there; stop it") {
		t.Errorf("with a daemon there: %v, %v", l, err)
	}
	first.SetUnlinkOnClose(false) // as if it was killed
	first.Close()
	second, err := attach.Listen(path)
	if err != nil {
		t.Fatalf("with a stale socket there: %v", err)
	}
	second.Close()
}

// TestListenSparesFiles: a mistyped path costs nobody a file.
func TestListenSparesFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := attach.Listen(path); err == nil || !strings.Contains(err.Error(), "something else than a socket is there") {
		t.Errorf("Listen returned %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	stream := filepath.Join(filepath.Dir(path), "stream")
	l, err := net.Listen("unix", stream)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := attach.Listen(stream); err == nil {
		t.Error("took the socket of another program away")
	}
	if _, err := os.Stat(stream); err != nil {
		t.Error(err)
	}
}

// TestListenSparesLinks: what a link leads to is not the daemon's to replace.
func TestListenSparesLinks(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "stale.sock"), filepath.Join(folder, "attach.sock")
	l, err := attach.Listen(target)
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := attach.Listen(link); err == nil || !strings.Contains(err.Error(), "something else than a socket is there") {
		t.Errorf("Listen returned %v", err)
	}
	if _, err := os.Lstat(target); err != nil {
		t.Error(err)
	}
}

// TestListenWhereAnybodyWrites: no socket where another could take its place.
func TestListenWhereAnybodyWrites(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "open")
	path := filepath.Join(folder, "attach.sock")
	for mode, want := range map[os.FileMode]string{
		0o777: "everybody may replace what is in", 0o777 | os.ModeSticky: "", 0o750: "",
	} {
		if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700), os.Chmod(folder, mode)); err != nil {
			t.Fatal(err)
		}
		l, err := attach.Listen(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: Listen returned %v, want %q", mode, err, want)
		}
		if l != nil {
			l.Close()
		}
	}
	for _, abstract := range []string{"@waveguard", "\x00waveguard", ""} {
		if l, err := attach.Listen(abstract); err == nil {
			l.Close()
			t.Errorf("%q is a place to listen", abstract)
		}
	}
}

// TestListenInSetGroupFolder: who may connect is said with the group of the folder.
func TestListenInSetGroupFolder(t *testing.T) {
	const group = 4242
	folder := t.TempDir()
	if err := errors.Join(os.Chown(folder, -1, group), os.Chmod(folder, 0o750|os.ModeSetgid)); err != nil {
		t.Skipf("this user cannot give a folder away: %v", err)
	}
	l, err := attach.Listen(filepath.Join(folder, "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	info, err := os.Stat(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t).Gid; got != group || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has group %d and mode %v", got, info.Mode())
	}
}

func TestServeEnds(t *testing.T) {
	l, err := attach.Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server := &attach.Server{Logger: slog.New(slog.DiscardHandler)}
	done := make(chan error)
	go func() { done <- server.Serve(ctx, l) }()
	c, err := net.Dial("unixpacket", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// TestServeReportsItsListener: an end that nobody asked for is an error.
func TestServeReportsItsListener(t *testing.T) {
	l, err := attach.Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	server := &attach.Server{Logger: slog.New(slog.DiscardHandler)}
	if err := server.Serve(t.Context(), l); err == nil {
		t.Error("Serve returned nil")
	}
}
