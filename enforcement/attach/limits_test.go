package attach

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestLobbyKeepsUsersApart(t *testing.T) {
	var l lobby
	for range maxWaiting {
		if !l.enter(7) {
			t.Fatal("refused too early")
		}
	}
	if l.enter(7) {
		t.Error("one too many entered")
	}
	if !l.enter(8) {
		t.Error("another user was kept out")
	}
	l.leave(7)
	if !l.enter(7) {
		t.Error("no room again after one left")
	}
	for range maxWaiting {
		l.leave(7)
	}
	l.leave(8)
	if len(l.waiting) != 0 {
		t.Errorf("users are kept: %v", l.waiting)
	}
}

func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		start := time.Now()
		for i := range 3*messagesPerSecond + 1 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := time.Duration(i/messagesPerSecond) * time.Second; time.Since(start) != want {
				t.Fatalf("message %d came after %v, want %v", i, time.Since(start), want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := pacer{since: time.Now(), sent: messagesPerSecond}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait returned %v", err)
		}
	})
}

// TestBindIsNeverOpen: no umask opens the socket to others, not for a moment. That
// of net.ListenUnix is what the umask makes it.
func TestBindIsNeverOpen(t *testing.T) {
	defer unix.Umask(unix.Umask(0))
	path := filepath.Join(t.TempDir(), "attach.sock")
	for name, test := range map[string]struct {
		bind func(string) (*net.UnixListener, error)
		open bool
	}{
		"bind": {bind, false},
		"net.ListenUnix": {func(path string) (*net.UnixListener, error) {
			return net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
		}, true},
	} {
		l, err := test.bind(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if open := info.Mode().Perm()&0o007 != 0; open != test.open {
			t.Errorf("%s: mode is %v", name, info.Mode())
		}
		l.Close()
	}
	if now := unix.Umask(0); now != 0 {
		t.Errorf("umask is %#o afterwards", now)
	}
}

func TestComplaintsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c complaints
		var said strings.Builder
		log := slog.New(slog.NewTextHandler(&said, nil))
		for range 1000 {
			c.warn(log, "refused")
		}
		if n := strings.Count(said.String(), "refused"); n != complaintsPerSecond {
			t.Errorf("%d complaints are logged", n)
		}
		time.Sleep(time.Second)
		c.warn(log, "refused")
		if want := fmt.Sprintf("\"others not logged\"=%d\n", 1000-complaintsPerSecond); !strings.HasSuffix(said.String(), want) {
			t.Errorf("does not end with %s:\n%s", want, said.String())
		}
	})
}
