package netconf

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
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

// login gathers what there is. A key that was named comes first; those of the agent
// come last, since a server takes few tries and they may be many.
//
// The password in the data directory is for the daemon there: who is known by another
// key does not get to see it.
func (c Config) login(own bool) (*login, error) {
	l := &login{}
	if c.Identity != "" {
		signer, err := readIdentity(c.Identity)
		if err != nil {
			return nil, err
		}
		l.offer("the key in "+c.Identity, ssh.PublicKeys(signer))
	}
	if own || c.PasswordFile != "" {
		password, file, err := appliance.Config{PasswordFile: c.PasswordFile, Data: c.Data}.Password()
		if err != nil {
			return nil, err
		}
		if file != "" {
			l.offer("the password in "+file, ssh.Password(password))
		}
	}
	if c.Identity == "" && c.Agent != "" {
		if conn, err := net.Dial("unix", c.Agent); err == nil { // an agent that is gone is no agent
			l.agent = conn
			l.offer("the keys of ssh-agent", ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
		}
	}
	return l, nil
}

func (l *login) offer(what string, method ssh.AuthMethod) {
	l.methods, l.offered = append(l.methods, method), append(l.offered, what)
}

// close lets go of the agent, which signs during the handshake only.
func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
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

// hint says what was tried and what can be.
func (l *login) hint(c Config) string {
	if len(l.offered) == 0 {
		return fmt.Sprintf("There was nothing to sign in with. Give --password-file FILE or --identity FILE, or start ssh-agent; on the appliance, name the daemon's data directory with --data (%s has no password that can be read).", c.Data)
	}
	return fmt.Sprintf("It was tried with %s. Choose the user with --user, and --password-file FILE or --identity FILE.", strings.Join(l.offered, " and "))
}
