package netconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// login is how a user proves who it is.
type login struct {
	methods []ssh.AuthMethod
	offered []string // in words
	agent   io.Closer
}

// login gathers what there is: keys first, then the password.
func (c Config) login() (*login, error) {
	l := &login{}
	signers, err := c.signers(l)
	if err != nil {
		return nil, err
	}
	if signers != nil {
		l.methods = append(l.methods, ssh.PublicKeysCallback(signers))
	}
	password, file, err := c.password()
	if err != nil {
		l.close()
		return nil, err
	}
	if file != "" {
		l.methods = append(l.methods, ssh.Password(password))
		l.offered = append(l.offered, "the password in "+file)
	}
	return l, nil
}

// close lets go of the agent, which signs during the handshake only.
func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}

// signers returns the keys to offer: of the file that was named, or else of the
// agent. nil: none.
func (c Config) signers(l *login) (func() ([]ssh.Signer, error), error) {
	if c.Identity != "" {
		signer, err := readIdentity(c.Identity)
		if err != nil {
			return nil, err
		}
		l.offered = append(l.offered, "the key in "+c.Identity)
		return func() ([]ssh.Signer, error) { return []ssh.Signer{signer}, nil }, nil
	}
	if c.Agent == "" {
		return nil, nil
	}
	conn, err := net.Dial("unix", c.Agent)
	if err != nil {
		return nil, nil // an agent that is gone is no agent
	}
	l.agent = conn
	l.offered = append(l.offered, "the keys of ssh-agent")
	return agent.NewClient(conn).Signers, nil
}

func readIdentity(file string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &appliance.Error{Kind: appliance.ErrRefused, Message: fmt.Sprintf("cannot read the key: %v", err), Hint: "Name the file of a private key with --identity."}
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, &appliance.Error{Kind: appliance.ErrRefused, Message: fmt.Sprintf("the key in %s has a passphrase", file), Hint: "Give it to ssh-agent with ssh-add, and leave --identity away."}
	}
	if err != nil {
		return nil, &appliance.Error{Kind: appliance.ErrRefused, Message: fmt.Sprintf("%s holds no private key: %v", file, err), Hint: "Name the file of a private key with --identity."}
	}
	return signer, nil
}

// password returns the password and the file it is from; both are empty if no file
// was named and the data directory has none.
func (c Config) password() (password, file string, err error) {
	file = c.PasswordFile
	if file == "" {
		file = filepath.Join(c.Data, "admin-password")
	}
	text, err := os.ReadFile(file)
	if c.PasswordFile == "" && errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", &appliance.Error{
			Kind: appliance.ErrRefused, Message: fmt.Sprintf("cannot read the password: %v", err),
			Hint: "Run as the user who started the daemon, or name a file that you can read with --password-file.",
		}
	}
	return strings.TrimRight(string(text), "\r\n"), file, nil
}

// hint says what was tried and what can be.
func (l *login) hint(c Config) string {
	if len(l.offered) == 0 {
		return fmt.Sprintf("There was nothing to sign in with. Give --password-file FILE or --identity FILE, or start ssh-agent; on the appliance, name the daemon's data directory with --data (%s has no password that can be read).", c.Data)
	}
	return fmt.Sprintf("It was tried with %s. Choose the user with --user, and --password-file FILE or --identity FILE.", strings.Join(l.offered, " and "))
}
