package netconf_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconftest"
)

// hostKey returns the public half of one of an appliance's host keys.
func hostKey(t *testing.T, data, kind string) ssh.PublicKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "ssh", "ssh_host_"+kind+"_key"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTrust holds that a host key is always compared, with what there is to compare.
func TestTrust(t *testing.T) {
	s := netconftest.Start(t)
	key, other := hostKey(t, s.Data, "ed25519"), hostKey(t, netconftest.Start(t).Data, "ed25519")
	password := filepath.Join(s.Data, "admin-password")
	known := func(key ssh.PublicKey) string {
		return write(t, "known_hosts", knownhosts.Line([]string{knownhosts.Normalize(s.Address)}, key)+"\n")
	}
	revoked := write(t, "known_hosts", "@revoked * "+string(ssh.MarshalAuthorizedKey(key)))
	for _, test := range []struct {
		name   string
		config netconf.Config
		want   string // "": it is trusted
	}{
		{"own", netconf.Config{Data: s.Data}, ""},
		{"fingerprint", netconf.Config{HostKey: ssh.FingerprintSHA256(hostKey(t, s.Data, "ecdsa"))}, "is SHA256:"},
		{"fingerprint of the one that is shown", netconf.Config{HostKey: ssh.FingerprintSHA256(key)}, ""},
		{"other fingerprint", netconf.Config{HostKey: ssh.FingerprintSHA256(other), Data: s.Data}, "is SHA256:"},
		{"known", netconf.Config{KnownHosts: known(key)}, ""},
		{"known by its other key", netconf.Config{KnownHosts: known(hostKey(t, s.Data, "ecdsa"))}, ""},
		{"changed", netconf.Config{KnownHosts: known(other)}, "is not the one in"},
		{"revoked", netconf.Config{KnownHosts: revoked}, "is not the one in"},
		{"unknown", netconf.Config{KnownHosts: write(t, "known_hosts", "")}, "is not known"},
		{"no known hosts", netconf.Config{KnownHosts: "/nonexistent"}, "is not known"},
		{"bad known hosts", netconf.Config{KnownHosts: write(t, "known_hosts", "x y z\n")}, "cannot read the known hosts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := test.config
			c.Address, c.User, c.PasswordFile = s.Address, "admin", password
			client, err := netconf.Dial(t.Context(), c, nil)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := client.Close(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, appliance.ErrUnreachable) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// identity makes a key and has the appliance know it as the operator's.
func identity(t *testing.T, s *netconftest.Server) (file string, key ed25519.PrivateKey) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	c, err := netconf.Dial(t.Context(), netconf.Config{Address: s.Address, User: "admin", Data: s.Data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Call(t.Context(), `<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users><user><name>operator</name><config><authorized-key>`+
		strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))+`</authorized-key></config></user></users></system></mpk-security></config></edit-config>`)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "id", string(pem.EncodeToMemory(block))), key
}

// TestLogin holds the ways to sign in, and that a refusal says what was tried.
func TestLogin(t *testing.T) {
	s := netconftest.Start(t)
	file, key := identity(t, s)
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, keyring)
	elsewhere := netconf.Config{Address: s.Address, User: "operator", HostKey: ssh.FingerprintSHA256(hostKey(t, s.Data, "ed25519"))}
	for _, test := range []struct {
		name   string
		change func(*netconf.Config)
		want   string // "": it signs in
	}{
		{"identity", func(c *netconf.Config) { c.Identity = file }, ""},
		{"agent", func(c *netconf.Config) { c.Agent = socket }, ""},
		{"password", func(c *netconf.Config) { c.PasswordFile = filepath.Join(s.Data, "admin-password") }, ""},
		{"password of the data directory", func(c *netconf.Config) { c.Data, c.HostKey = s.Data, "" }, ""},
		{"that is not for others", func(c *netconf.Config) { c.Data = s.Data }, "is refused"},
		{"nothing", func(*netconf.Config) {}, "is refused"},
		{"agent that is gone", func(c *netconf.Config) { c.Agent = "/nonexistent" }, "is refused"},
		{"wrong password", func(c *netconf.Config) { c.PasswordFile = write(t, "p", "wrong\n") }, "is refused"},
		{"no such password", func(c *netconf.Config) { c.PasswordFile = "/nonexistent" }, "cannot read the password"},
		{"no such identity", func(c *netconf.Config) { c.Identity = "/nonexistent" }, "cannot read the key"},
		{"no identity", func(c *netconf.Config) { c.Identity = write(t, "id", "x") }, "holds no private key"},
		{"another's key", func(c *netconf.Config) { c.Identity, c.User = file, "admin" }, "is refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := elsewhere
			test.change(&c)
			client, err := netconf.Dial(t.Context(), c, nil)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				client.Close(t.Context())
				return
			}
			var e *appliance.Error
			if !errors.As(err, &e) || !errors.Is(err, appliance.ErrRefused) || !strings.Contains(e.Message, test.want) || e.Hint == "" {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func serveAgent(t *testing.T, keys agent.Agent) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	listen(t, "unix", socket, func(conn net.Conn) { agent.ServeAgent(keys, conn) })
	return socket
}

// listen serves connections until the test ends.
func listen(t *testing.T, network, address string, serve func(net.Conn)) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr()
}

// TestUnreachable holds that each way to miss an appliance is told with what to do.
func TestUnreachable(t *testing.T) {
	s := netconftest.Start(t)
	silent := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) { conn.Close() }).String()
	for _, address := range []string{"127.0.0.1:1", "nonsense", silent} {
		_, err := netconf.Dial(t.Context(), netconf.Config{Address: address, User: "admin", Data: s.Data}, nil)
		var e *appliance.Error
		if !errors.As(err, &e) || !errors.Is(err, appliance.ErrUnreachable) || e.Hint == "" {
			t.Errorf("%s: %v", address, err)
		}
	}
}
