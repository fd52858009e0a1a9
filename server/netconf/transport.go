package netconf

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/optical-net/waveguard/server/access"
)

// Transport secures a connection and finds out who is at its other end: *[SSH]
// or *[TLS].
type Transport interface {
	// serve runs the sessions of a connection and returns when it is over, and
	// why. It calls SignedIn of the link when it knows the user.
	serve(context.Context, *Server, *Link) error
}

// Link is a connection, whoever made it: whether the client did or the server
// (RFC 8071), the server serves.
type Link struct {
	Conn      net.Conn
	Transport Transport
	// IdleTimeout is that of the link's sessions; zero: that of [Server.Bound].
	IdleTimeout time.Duration
	// SignedIn is called when the user is known; nil: nobody wants to know.
	SignedIn func(user string)

	guest *access.Guest // nil when the server made the connection
}

func (l *Link) signedIn(s *Server, user access.User) {
	if l.guest != nil {
		l.guest.Leave()
	}
	s.access.LoggedIn(user)
	if l.SignedIn != nil {
		l.SignedIn(user.Name)
	}
}

// Accept serves a connection that a client made, until it is over or ctx ends.
// Until the client has signed in, it holds a place among the strangers, whose
// number is limited. The connection is closed when Accept returns why it ended.
func (s *Server) Accept(ctx context.Context, l *Link) error {
	l.guest = s.hall.lobby.Enter(l.Conn)
	defer l.guest.Leave()
	return s.Call(ctx, l)
}

// Call serves a connection that the server made, as Accept does.
func (s *Server) Call(ctx context.Context, l *Link) error {
	defer l.Conn.Close()
	leave, err := s.hall.enter(l.Conn)
	if err != nil {
		return err
	}
	defer leave()
	stop := context.AfterFunc(ctx, func() { l.Conn.Close() })
	defer stop()
	err = l.Transport.serve(ctx, s, l)
	s.log.Debug("connection closed", "source", l.Conn.RemoteAddr(), "reason", err)
	return err
}

// hall holds the connections of a server.
type hall struct {
	lobby *access.Lobby // of those who have not signed in

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	wg     sync.WaitGroup
}

// enter takes a connection in; leave forgets it. It returns errShutdown after
// clear.
func (h *hall) enter(conn net.Conn) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errShutdown
	}
	h.conns[conn] = struct{}{}
	h.wg.Add(1)
	return func() {
		h.mu.Lock()
		delete(h.conns, conn)
		h.mu.Unlock()
		h.wg.Done()
	}, nil
}

// clear closes all connections and waits for them to end.
func (h *hall) clear() {
	h.mu.Lock()
	h.closed = true
	for conn := range h.conns {
		conn.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}
