package endpoints

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/netconf"
)

// listener is a socket that listens at a place.
type listener struct {
	*net.TCPListener
	asked       string // the address it was asked for
	connections atomic.Uint64
	closed      atomic.Bool
}

// Close stops listening; connections that came in live on.
func (l *listener) Close() error {
	l.closed.Store(true)
	return l.TCPListener.Close()
}

func (l *listener) port() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// startGrace is how long a daemon that was just killed may take to let its ports go.
const startGrace = time.Second

// bind opens a socket, beside those that will leave its port. At the start it
// waits a moment for a port that is taken.
func bind(s spot, leaving []*listener, grace time.Duration) (*listener, error) {
	l, err := listen(s.address, leaving)
	for deadline := time.Now().Add(grace); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		l, err = listen(s.address, leaving)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w; stop what listens there or choose another port", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; give an address of this host", err)
	}
	return l, nil
}

// listen opens a socket. Those of ours that leave its port share it until the
// change is made, so that an endpoint can get another name, or go from all
// addresses to one.
func listen(address string, leaving []*listener) (*listener, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var sharing []*listener
	for _, l := range leaving {
		if l.port() == port {
			sharing = append(sharing, l)
		}
	}
	for _, l := range sharing {
		share(l.TCPListener, true)
		defer share(l.TCPListener, false)
	}
	config := net.ListenConfig{}
	if len(sharing) > 0 {
		config.Control = func(_, _ string, c syscall.RawConn) error { return shareRaw(c, true) }
	}
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener)
	share(tcp, false)
	return &listener{TCPListener: tcp, asked: address}, nil
}

// share lets other sockets of this user have the port of a socket, or not.
func share(l *net.TCPListener, on bool) {
	if c, err := l.SyscallConn(); err == nil {
		_ = shareRaw(c, on) // without it, binding says what is wrong
	}
}

func shareRaw(c syscall.RawConn, on bool) (err error) {
	value := 0
	if on {
		value = 1
	}
	if controlErr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, value)
	}); controlErr != nil {
		return controlErr
	}
	return err
}

// acceptPause is how long to wait when the host has no room for a connection.
const acceptPause = 50 * time.Millisecond

// accept takes connections in until the listener is closed.
func (e *Endpoints) accept(s *serving, p place, l *listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if l.closed.Load() || s.ctx.Err() != nil {
				return
			}
			e.cfg.Logger.Warn("accept", "endpoint", p.name, "protocol", p.protocol, "error", err)
			time.Sleep(acceptPause)
			continue
		}
		l.connections.Add(1)
		e.touch()
		if p.protocol == "gnmi" {
			e.gnmi.put(conn)
			continue
		}
		settings := e.settings()
		spot, wanted := settings.places[p]
		if !wanted { // it came in while the endpoint went
			conn.Close()
			continue
		}
		if !e.rate.admit(conn.RemoteAddr(), settings.rate, time.Now()) {
			conn.Close()
			continue
		}
		link := &netconf.Link{Conn: conn, Transport: settings.transport(spot.transport)}
		s.wg.Go(func() { _ = s.server.Accept(context.WithoutCancel(s.ctx), link) }) // the server logs why it ended
	}
}

// funnel is a listener that accepts what others accepted.
type funnel struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newFunnel() *funnel { return &funnel{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (f *funnel) put(conn net.Conn) {
	select {
	case f.conns <- conn:
	case <-f.closed:
		conn.Close()
	}
}

// Accept implements net.Listener.
func (f *funnel) Accept() (net.Conn, error) {
	select {
	case conn := <-f.conns:
		return conn, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (f *funnel) Close() error {
	f.once.Do(func() { close(f.closed) })
	return nil
}

// Addr implements net.Listener. A funnel has no address of its own.
func (f *funnel) Addr() net.Addr { return &net.TCPAddr{} }
