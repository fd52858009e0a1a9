package gnmi

import (
	"crypto/tls"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"

	"github.com/optical-net/waveguard/server/access"
)

// tlsConfig returns the TLS side of the server. A client may show a certificate
// if there are authorities to verify it with; whether it must depends on what
// else it signs in with.
func (s *Server) tlsConfig() *tls.Config {
	if s.config.TLS != nil {
		return &tls.Config{
			MinVersion:         tls.VersionTLS12, // of what is never used
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.present(), nil },
		}
	}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := s.config.Certificate.Get()
			if err != nil {
				s.log.Error("TLS certificate changed but cannot be used; the one before stays", "error", err)
			}
			return cert, nil
		},
	}
	if s.config.ClientCAs != nil {
		c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, s.config.ClientCAs
	}
	return c
}

// present returns the TLS configuration for one handshake.
func (s *Server) present() *tls.Config {
	c := s.config.TLS().Clone()
	c.NextProtos = []string{"h2"}
	c.ClientAuth = tls.VerifyClientCertIfGiven
	// A session that is resumed would outlive a certificate that is no longer trusted.
	c.SessionTicketsDisabled = true
	return c
}

// connection is what the server knows about a client's connection; calls find
// it as their peer's AuthInfo.
type connection struct {
	credentials.TLSInfo
	guest *access.Guest // until somebody signs in
	seen  sync.Map      // names of the users who signed in on it
}

// greet says whether the user is new on the connection.
func (c *connection) greet(user string) bool {
	c.guest.Leave()
	_, known := c.seen.LoadOrStore(user, true)
	return !known
}

// certified returns the name that the client's verified certificate stands for,
// or "".
func (s *Server) certified(c *connection) string {
	chains := c.State.VerifiedChains
	switch {
	case len(chains) == 0:
		return ""
	case s.config.NameOf == nil:
		return chains[0][0].Subject.CommonName
	}
	name, _ := s.config.NameOf(chains)
	return name
}

// transport is gRPC's TLS, with a connection for each client.
type transport struct {
	credentials.TransportCredentials
}

func (t transport) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := t.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	// What gRPC's TLS returns, and what the listener does.
	return conn, &connection{TLSInfo: info.(credentials.TLSInfo), guest: raw.(*place).guest}, nil
}

func (t transport) Clone() credentials.TransportCredentials {
	return transport{t.TransportCredentials.Clone()}
}
