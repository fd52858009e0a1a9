package attach_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
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
