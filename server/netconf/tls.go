package netconf

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/optical-net/waveguard/server/access"
)

// TLS is the transport of RFC 7589: both sides show a certificate, and the
// client's says which user it is. It does not change while it is used.
type TLS struct {
	// Config has the server's certificate and the authorities of clients; no
	// authorities are none. Whatever it says of client authentication, a
	// certificate is demanded and verified.
	Config *tls.Config
	// NameOf returns the user that a client's certificate stands for, the first
	// of each verified chain.
	NameOf func(chains [][]*x509.Certificate) (name string, ok bool)

	HandshakeTimeout time.Duration // zero: that of [Limits]
	KeepaliveEvery   time.Duration // zero: that of [Limits]; negative: none
	KeepaliveTries   int           // probes without answer; 1
}

func (t *TLS) serve(ctx context.Context, s *Server, l *Link) error {
	t.keepAlive(s, l.Conn)
	user, secured, err := t.handshake(ctx, s, l.Conn)
	if err != nil {
		return fmt.Errorf("sign in over TLS: %w", err)
	}
	l.signedIn(s, user)
	return s.serveSession(ctx, secured, Peer{user, "netconf-tls", host(l.Conn.RemoteAddr())}, l.IdleTimeout)
}

// handshake returns the user, whose certificate is refused in the handshake
// already if it stands for nobody, so that the client is told by an alert.
func (t *TLS) handshake(ctx context.Context, s *Server, conn net.Conn) (user access.User, secured *tls.Conn, err error) {
	config := t.Config.Clone()
	// A session that is resumed would outlive a certificate that is no longer trusted.
	config.ClientAuth, config.SessionTicketsDisabled = tls.RequireAndVerifyClientCert, true
	if config.ClientCAs == nil {
		config.ClientCAs = x509.NewCertPool() // nil would be the system's
	}
	refused := func(c *x509.Certificate, reason error) {
		s.log.Warn("login refused", "certificate", c.Subject, "source", conn.RemoteAddr(), "reason", reason)
	}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		user, err = t.identify(s, state.VerifiedChains)
		if err != nil {
			refused(state.PeerCertificates[0], err)
		}
		return err
	}
	secured = tls.Server(conn, config)
	if err := conn.SetDeadline(time.Now().Add(cmp.Or(t.HandshakeTimeout, s.limits.HandshakeTimeout))); err != nil {
		return user, nil, err
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		if unverified, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			refused(unverified.UnverifiedCertificates[0], err)
		}
		return user, nil, err
	}
	return user, secured, conn.SetDeadline(time.Time{})
}

var errNoName = errors.New("the certificate stands for no user: no entry of cert-to-name fits it, or its RSA key has less than 2048 bits")

// identify returns the user a certificate stands for (RFC 7589 section 7).
func (t *TLS) identify(s *Server, chains [][]*x509.Certificate) (access.User, error) {
	name, ok := t.NameOf(chains)
	if !ok {
		return access.User{}, errNoName
	}
	user, err := s.access.AuthenticateCert(name)
	if err != nil {
		return user, fmt.Errorf("the certificate stands for %q, which is no user: %w", name, err)
	}
	return user, nil
}

// keepAlive has TCP find out that the other end is gone: neither TLS nor NETCONF
// has a probe that a server could send.
func (t *TLS) keepAlive(s *Server, conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	every := cmp.Or(t.KeepaliveEvery, s.limits.KeepaliveEvery)
	err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: every > 0, Idle: every, Interval: every, Count: cmp.Or(t.KeepaliveTries, 1),
	})
	if err != nil {
		s.log.Debug("keep alive", "source", conn.RemoteAddr(), "error", err)
	}
}
