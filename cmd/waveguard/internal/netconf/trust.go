package netconf

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// trust says which host keys are the appliance's.
type trust struct {
	check      ssh.HostKeyCallback
	algorithms []string // to ask the server for, the most wanted first
	own        bool     // they are those of the daemon on this host
}

// algorithms are those to ask for when any key will do. A server has keys of several
// kinds, and the first that both know is shown: the one people compare.
var algorithms = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// algorithmsOf are those by which a key of that type signs.
func algorithmsOf(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA { // RFC 8332: its name stands for SHA-1, too
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}

// trust is the fingerprint that was given, else the keys of a daemon on this host,
// else the known hosts. There is no way to trust any key.
func (c Config) trust() (trust, error) {
	if c.HostKey != "" {
		return trust{check: c.checkFingerprint, algorithms: algorithms}, nil
	}
	keys, err := ownKeys(filepath.Join(c.Data, "ssh"))
	if err != nil {
		return trust{}, &appliance.Error{
			Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("cannot read the appliance's host keys: %v", err),
			Hint: "Run as the user who started the daemon, or give the fingerprint of a key with --host-key.",
		}
	}
	if len(keys) > 0 {
		return c.trustKeys(keys), nil
	}
	return c.trustKnownHosts()
}

func (c Config) checkFingerprint(_ string, _ net.Addr, key ssh.PublicKey) error {
	got := ssh.FingerprintSHA256(key)
	if strings.TrimPrefix(c.HostKey, "SHA256:") == strings.TrimPrefix(got, "SHA256:") {
		return nil
	}
	return &appliance.Error{
		Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("the host key at %s is %s, not %s", c.Address, got, c.HostKey),
		Hint: "Somebody may be listening in. Compare with what \"ssh-keygen -lf\" says of the Ed25519 key in ssh/ in the daemon's --data directory.",
	}
}

// trustKeys takes these keys alone.
func (c Config) trustKeys(keys []ssh.PublicKey) trust {
	t := trust{own: true, check: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		for _, k := range keys {
			if slices.Equal(k.Marshal(), key.Marshal()) {
				return nil
			}
		}
		return &appliance.Error{
			Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("the host key at %s, %s, is none of those in %s", c.Address, ssh.FingerprintSHA256(key), filepath.Join(c.Data, "ssh")),
			Hint: "Another daemon listens there, perhaps: name its data directory with --data DIR, or the fingerprint with --host-key.",
		}
	}}
	for _, k := range keys {
		t.algorithms = append(t.algorithms, algorithmsOf(k)...)
	}
	return t
}

// ownKeys returns the public halves of the host keys in a daemon's folder; none if
// there is no such folder.
func ownKeys(dir string) ([]ssh.PublicKey, error) {
	files, err := filepath.Glob(filepath.Join(dir, "ssh_host_*_key"))
	if err != nil {
		return nil, err
	}
	var keys []ssh.PublicKey
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		keys = append(keys, signer.PublicKey())
	}
	return keys, nil
}

func (c Config) trustKnownHosts() (trust, error) {
	known, err := knownhosts.New(c.KnownHosts)
	if errors.Is(err, fs.ErrNotExist) {
		known, err = func(string, net.Addr, ssh.PublicKey) error { return &knownhosts.KeyError{} }, nil
	}
	if err != nil {
		return trust{}, &appliance.Error{Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("cannot read the known hosts: %v", err), Hint: "Name a file with --known-hosts, or a fingerprint with --host-key."}
	}
	t := trust{check: func(host string, remote net.Addr, key ssh.PublicKey) error {
		return c.explainUnknown(known(host, remote, key), key)
	}}
	t.algorithms = knownAlgorithms(known, c.Address)
	return t, nil
}

// knownAlgorithms asks for the kinds of key by which a host is known: with another
// kind it would look like a stranger.
func knownAlgorithms(known ssh.HostKeyCallback, address string) []string {
	var e *knownhosts.KeyError
	if !errors.As(known(address, &net.TCPAddr{}, noKey{}), &e) || len(e.Want) == 0 {
		return algorithms
	}
	var names []string
	for _, k := range e.Want {
		names = append(names, algorithmsOf(k.Key)...)
	}
	return names
}

// noKey is a key that nobody has.
type noKey struct{}

// The methods implement ssh.PublicKey.
func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

func (c Config) explainUnknown(err error, key ssh.PublicKey) error {
	if err == nil {
		return nil
	}
	got := ssh.FingerprintSHA256(key)
	e := &appliance.Error{Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("the host key at %s is not known; it is %s", c.Address, got)}
	e.Hint = fmt.Sprintf("Compare it with what \"ssh-keygen -lf\" says of the Ed25519 key in ssh/ in the daemon's --data directory. If they agree, give --host-key %s, or enter the host in your known hosts with ssh-keyscan. On the appliance itself, name that directory with --data. After a reset to the factory's state the keys there are made when the daemon starts again.", got)
	var changed *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	if errors.As(err, &changed) && len(changed.Want) > 0 || errors.As(err, &revoked) {
		e.Message = fmt.Sprintf("the host key at %s, %s, is not the one in %s", c.Address, got, c.KnownHosts)
		e.Hint = "Somebody may be listening in, or the appliance was made anew. If the latter is so, remove its line with \"ssh-keygen -R\"."
	}
	return e
}
