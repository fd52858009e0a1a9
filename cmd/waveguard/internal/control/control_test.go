package control

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func start(t *testing.T, handler Handler) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, handler) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return path
}

func TestAsk(t *testing.T) {
	path := start(t, func(_ context.Context, r Request) Reply {
		if r.Command != CommandStatus {
			return Reply{Error: "no command " + r.Command}
		}
		return Reply{Status: &Status{ProcessID: 7, Services: []Service{{Name: "key-store"}}}}
	})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket's mode is %v, %v", info.Mode(), err)
	}
	reply, err := Ask(t.Context(), path, Request{Command: CommandStatus})
	if err != nil || reply.Status == nil || reply.Status.ProcessID != 7 {
		t.Errorf("reply %+v, %v", reply, err)
	}
	if reply.Status.Service("key-store") == nil || reply.Status.Service("other") != nil {
		t.Error("services are not found by name")
	}
	if _, err := Ask(t.Context(), path, Request{Command: "dance"}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "dance") {
		t.Errorf("unknown command: %v", err)
	}
}

func TestServeRefusesWhatIsNoRequest(t *testing.T) {
	path := start(t, func(context.Context, Request) Reply { return Reply{} })
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 512)
	n, err := conn.Read(buffer)
	if err != nil || !strings.Contains(string(buffer[:n]), "one line of JSON") {
		t.Errorf("answer %q, %v", buffer[:n], err)
	}
}

func TestListenTwice(t *testing.T) {
	path := start(t, func(context.Context, Request) Reply { return Reply{} })
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("second node: %v", err)
	}
}

func TestListenAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
}

func TestAskNobody(t *testing.T) {
	_, err := Ask(t.Context(), filepath.Join(t.TempDir(), "s"), Request{Command: CommandStatus})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that the socket does not exist", err)
	}
}
