package attach

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Listen makes the attach socket at path, mode 0660, replacing one that a
// former daemon left behind. It returns an error when a daemon listens there,
// when something that is no socket stands there, a symbolic link among that, or
// when anybody could put a socket of his own there.
func Listen(path string) (*net.UnixListener, error) {
	if err := errors.Join(checkPlace(path), removeStale(path)); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l, err := bind(path)
	if err != nil {
		return nil, fmt.Errorf("listen for host processes: %w", err)
	}
	if err := errors.Join(os.Chmod(path, 0o660), passCredentials(l)); err != nil {
		return nil, errors.Join(fmt.Errorf("set up the attach socket: %w", err), l.Close())
	}
	return l, nil
}

// bind makes the socket. Not even before its mode is set can anybody but the
// user and the group connect; what else the process creates meanwhile is more
// private than it would be, never less.
func bind(path string) (*net.UnixListener, error) {
	defer unix.Umask(unix.Umask(0o017))
	return net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
}

// passCredentials has the kernel say with every message who sent it. Accepted
// sockets inherit that, so that it is true of the first message as well.
func passCredentials(l *net.UnixListener) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	})
	return errors.Join(err, inner)
}

// checkPlace returns an error for a place where who connects cannot know that the
// daemon is at the other end.
func checkPlace(path string) error {
	if path == "" || path[0] == '@' || path[0] == 0 {
		return errors.New("a socket without a file (unix(7), abstract) has no owner and no mode; choose a path for --attach")
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&os.ModeSticky == 0 {
		return fmt.Errorf("everybody may replace what is in %s; take that right away, or choose another --attach socket", folder)
	}
	return nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != os.ModeSocket:
		return errors.New("something else than a socket is there; remove it or choose another --attach socket")
	}
	c, err := net.Dial("unixpacket", path)
	switch {
	case err == nil:
		return errors.Join(errors.New("another daemon is listening there; stop it or choose another --attach socket"), c.Close())
	case errors.Is(err, unix.ECONNREFUSED):
		return os.Remove(path)
	}
	return err
}
