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
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := s.config.Certificate.get()
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

// commonName returns the name in the client's verified certificate, or "".
func (c *connection) commonName() string {
	if len(c.State.VerifiedChains) == 0 {
		return ""
	}
	return c.State.VerifiedChains[0][0].Subject.CommonName
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
