//go:build !unix

package control

import (
	"errors"
	"fmt"
	"net"
)

func listenPrivate(path string) (net.Listener, error) {
	return nil, fmt.Errorf("listen on %s: %w", path, errors.ErrUnsupported)
}
