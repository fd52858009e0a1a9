package netconf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

// Serve accepts SSH connections until ctx ends or the listener fails, then
// shuts the server down. It closes the listener, and returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if len(s.config.HostKeys) == 0 {
		listener.Close()
		return errors.New("serve NETCONF: no SSH host key")
	}
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	hall := &hall{server: s, config: s.sshConfig(), lobby: access.NewLobby(s.limits.Unauthenticated, s.log)}
	err := hall.accept(listener)
	listener.Close()
	s.Shutdown(context.WithoutCancel(ctx))
	hall.clear()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve NETCONF: %w", err)
}

// hall holds the connections of one listener.
type hall struct {
	server *Server
	config *ssh.ServerConfig
	lobby  *access.Lobby // of those who have not logged in

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	wg    sync.WaitGroup
}

func (h *hall) accept(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			if retry, ok := err.(interface{ Temporary() bool }); ok && retry.Temporary() {
				h.server.log.Warn("accept", "error", err)
				time.Sleep(50 * time.Millisecond)
				continue
			}
			return err
		}
		h.enter(conn)
	}
}

func (h *hall) enter(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		h.conns = map[net.Conn]struct{}{}
	}
	h.conns[conn] = struct{}{}
	guest := h.lobby.Enter(conn)
	h.wg.Go(func() {
		defer h.leave(conn)
		h.serve(conn, guest)
	})
}

func (h *hall) leave(conn net.Conn) {
	conn.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, conn)
}

// clear closes all connections and waits for them to end.
func (h *hall) clear() {
	h.mu.Lock()
	for conn := range h.conns {
		conn.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}

func (h *hall) serve(conn net.Conn, guest *access.Guest) {
	client, channels, requests, err := h.login(conn)
	guest.Leave()
	if err != nil {
		h.server.log.Debug("SSH handshake", "source", conn.RemoteAddr(), "error", err)
		return
	}
	go ssh.DiscardRequests(requests)
	user := client.Permissions.ExtraData[userKey{}].(access.User)
	h.server.access.LoggedIn(user)
	c := &connection{server: h.server, ssh: client, peer: Peer{user, "netconf-ssh", host(conn.RemoteAddr())}}
	c.serve(channels)
}

func (h *hall) login(conn net.Conn) (*ssh.ServerConn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	if err := conn.SetDeadline(time.Now().Add(h.server.limits.HandshakeTimeout)); err != nil {
		return nil, nil, nil, err
	}
	client, channels, requests, err := ssh.NewServerConn(conn, h.config)
	if err != nil {
		return nil, nil, nil, err
	}
	return client, channels, requests, conn.SetDeadline(time.Time{})
}
