package netconf

import (
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

// userKey is where an SSH connection's permissions hold its access.User.
type userKey struct{}

// sshConfig returns the SSH side's configuration: public key and password
// (RFC 6242 section 3), decided by access control.
func (s *Server) sshConfig() *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-Waveguard",
		MaxAuthTries:  s.limits.AuthTries,
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return permit(s.access.Authenticate(c.User(), string(password), host(c.RemoteAddr())))
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			return permit(s.access.AuthenticateKey(c.User(), key.Marshal()))
		},
		AuthLogCallback: func(c ssh.ConnMetadata, method string, err error) {
			if err != nil && method == "password" { // Clients offer all their keys as a matter of course.
				s.log.Warn("login refused", "user", c.User(), "source", c.RemoteAddr(), "reason", err)
			}
		},
	}
	for _, key := range s.config.HostKeys {
		config.AddHostKey(key)
	}
	return config
}

func permit(user access.User, err error) (*ssh.Permissions, error) {
	if err != nil {
		return nil, err
	}
	return &ssh.Permissions{ExtraData: map[any]any{userKey{}: user}}, nil
}

// host returns an address without its port.
func host(addr net.Addr) string {
	h, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return h
}
