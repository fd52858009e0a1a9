//go:build unix

package control

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// listenPrivate makes a socket of mode 0600. The mask is the process's: files
// that others create at this moment get it too.
func listenPrivate(path string) (net.Listener, error) {
	old := unix.Umask(0o177)
	defer unix.Umask(old)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for control: %w", err)
	}
	return listener, nil
}
