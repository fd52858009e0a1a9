package netconf

import (
	"cmp"
	"crypto/rsa"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

// userKey is where an SSH connection's permissions hold its access.User.
type userKey struct{}

// leastRSABits is the length of the shortest RSA key that signs a user in.
const leastRSABits = 2048

// config returns the SSH side's configuration: public key and password (RFC
// 6242 section 3), decided by access control.
func (t *SSH) config(s *Server) *ssh.ServerConfig {
	policy := Algorithms()
	config := &ssh.ServerConfig{
		Config: ssh.Config{
			KeyExchanges: offered(t.KeyExchanges, policy.KeyExchanges),
			Ciphers:      offered(t.Ciphers, policy.Ciphers),
			MACs:         offered(t.MACs, policy.MACs),
		},
		PublicKeyAuthAlgorithms: offered(t.Signatures, policy.PublicKeyAuths),
		ServerVersion:           "SSH-2.0-Waveguard",
		MaxAuthTries:            cmp.Or(t.AuthTries, s.limits.AuthTries),
		AuthLogCallback: func(c ssh.ConnMetadata, method string, err error) {
			if err != nil && method == "password" { // Clients offer all their keys as a matter of course.
				s.log.Warn("login refused", "user", c.User(), "source", c.RemoteAddr(), "reason", err)
			}
		},
	}
	if !t.NoPasswords {
		config.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return permit(s.access.Authenticate(c.User(), string(password), host(c.RemoteAddr())))
		}
	}
	if !t.NoKeys {
		config.PublicKeyCallback = func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if isShort(key) {
				return nil, access.ErrAuthentication
			}
			return permit(s.access.AuthenticateKey(c.User(), key.Marshal()))
		}
	}
	for _, key := range t.HostKeys {
		config.AddHostKey(hostSigner(key))
	}
	return config
}

// isShort says whether a user's key is of a kind that has become weak.
func isShort(key ssh.PublicKey) bool {
	k, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return false
	}
	r, ok := k.CryptoPublicKey().(*rsa.PublicKey)
	return ok && r.N.BitLen() < leastRSABits
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
