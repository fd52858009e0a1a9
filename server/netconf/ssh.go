package netconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

// SSH is the transport of RFC 6242. It does not change while it is used; links
// that begin later can have another one. A field that is zero takes what [Limits]
// say, or what is said beside it.
type SSH struct {
	// HostKeys identify the server; see [EnsureHostKey]. One is needed.
	HostKeys []ssh.Signer

	// What to offer, preferred first; nil: all of [Algorithms].
	KeyExchanges, Ciphers, MACs, Signatures []string

	// NoPasswords and NoKeys forbid a way to sign in.
	NoPasswords, NoKeys bool
	AuthTries           int

	HandshakeTimeout time.Duration
	KeepaliveEvery   time.Duration // negative: none
	KeepaliveTries   int           // probes without answer; 1
}

// Serve accepts SSH connections until ctx ends or the listener fails, then
// shuts the server down. It closes the listener, and returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if len(s.config.HostKeys) == 0 {
		listener.Close()
		return errors.New("serve NETCONF: no SSH host key")
	}
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	err := s.accept(listener)
	listener.Close()
	s.Shutdown(context.WithoutCancel(ctx))
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve NETCONF: %w", err)
}

func (s *Server) accept(listener net.Listener) error {
	transport := &SSH{HostKeys: s.config.HostKeys}
	for {
		conn, err := listener.Accept()
		if err != nil {
			if retry, ok := err.(interface{ Temporary() bool }); ok && retry.Temporary() {
				s.log.Warn("accept", "error", err)
				time.Sleep(50 * time.Millisecond)
				continue
			}
			return err
		}
		go s.Accept(context.Background(), &Link{Conn: conn, Transport: transport})
	}
}

func (t *SSH) serve(ctx context.Context, s *Server, l *Link) error {
	client, channels, requests, err := t.login(s, l.Conn)
	if err != nil {
		return fmt.Errorf("sign in over SSH: %w", err)
	}
	go ssh.DiscardRequests(requests)
	user := client.Permissions.ExtraData[userKey{}].(access.User)
	l.signedIn(s, user)
	c := &connection{
		server: s, ssh: client, peer: Peer{user, "netconf-ssh", host(l.Conn.RemoteAddr())}, idle: l.IdleTimeout,
		every: cmp.Or(t.KeepaliveEvery, s.limits.KeepaliveEvery), tries: cmp.Or(t.KeepaliveTries, 1),
	}
	return c.serve(ctx, channels)
}

func (t *SSH) login(s *Server, conn net.Conn) (*ssh.ServerConn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	patience := cmp.Or(t.HandshakeTimeout, s.limits.HandshakeTimeout)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, nil, err
	}
	client, channels, requests, err := ssh.NewServerConn(conn, t.config(s))
	if err != nil {
		return nil, nil, nil, err
	}
	return client, channels, requests, conn.SetDeadline(time.Time{})
}
