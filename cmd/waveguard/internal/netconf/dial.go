package netconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/yang/xml"
)

// Config says which appliance to talk to, as whom, and how both prove who they are.
type Config struct {
	Address      string // host and port
	User         string
	PasswordFile string // empty for admin-password in Data, if it is there and the daemon is the one of Data
	Identity     string // file of a private key; empty for the keys of Agent
	Agent        string // socket of an ssh-agent; may be empty
	HostKey      string // fingerprint, such as SHA256:...; empty for the keys in Data/ssh, else KnownHosts
	KnownHosts   string // file in OpenSSH's form
	Data         string // the data directory of a daemon on this host
}

// Client is a session over a connection of its own.
type Client struct {
	*Session
	connection ssh.Conn
}

// Dial connects, and opens a session for which notify is as in [Open]. Nothing is
// waited for longer than ctx lasts.
func Dial(ctx context.Context, c Config, notify func(*xml.Element)) (*Client, error) {
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	login, err := c.login(trust.own)
	if err != nil {
		return nil, err
	}
	defer login.close()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, c.unreachable(err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	connection, channels, requests, err := ssh.NewClientConn(conn, c.Address, &ssh.ClientConfig{
		User: c.User, Auth: login.methods, HostKeyCallback: trust.check, HostKeyAlgorithms: trust.algorithms,
	})
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, c.explain(err, login)
	}
	client := ssh.NewClient(connection, channels, requests)
	session, err := openSubsystem(ctx, client, notify)
	if err != nil {
		client.Close()
		return nil, c.unreachable(err)
	}
	go keepAlive(client, session)
	return &Client{session, client}, nil
}

// Close ends the session and the connection.
func (c *Client) Close(ctx context.Context) error {
	err := c.Session.Close(ctx)
	c.connection.Close()
	return err
}

// openSubsystem opens a session over the subsystem of RFC 6242 section 3.
func openSubsystem(ctx context.Context, client *ssh.Client, notify func(*xml.Element)) (*Session, error) {
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	channel, requests, err := client.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	go ssh.DiscardRequests(requests)
	const name = "netconf"
	ok, err := channel.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{name}))
	if err == nil && !ok {
		err = errors.New("the SSH server there has no NETCONF")
	}
	if err != nil {
		return nil, err
	}
	return Open(ctx, stream{channel}, notify)
}

// stream is a channel whose end of writing is told, which some servers wait for.
type stream struct{ ssh.Channel }

var _ io.ReadWriteCloser = stream{}

// keepAliveEvery is how long a connection may be silent before the server is asked
// whether it is there.
const keepAliveEvery = 15 * time.Second

// keepAlive ends the session when the server answers no more; a request may take
// longer than a silence that would tell.
func keepAlive(client *ssh.Client, session *Session) {
	tick := time.NewTicker(keepAliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-session.Ended():
			return
		case <-tick.C:
		}
		late := time.AfterFunc(keepAliveEvery, func() { session.end(errors.New("the appliance is silent")) })
		_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			session.end(err)
			return
		}
	}
}

// explain makes an *appliance.Error of what ended the SSH handshake.
func (c Config) explain(err error, login *login) error {
	var known *appliance.Error
	switch {
	case errors.As(err, &known): // of the host key
		return known
	case strings.Contains(err.Error(), "unable to authenticate"):
		return &appliance.Error{
			Kind:    appliance.ErrRefused,
			Message: fmt.Sprintf("user %q is refused over SSH", c.User),
			Hint:    login.hint(c),
		}
	}
	return c.unreachable(err)
}

func (c Config) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := &appliance.Error{Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("cannot reach NETCONF at %s: %v", c.Address, err)}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Message = fmt.Sprintf("cannot reach NETCONF at %s: no answer in time", c.Address)
		e.Hint = "Check --netconf HOST:PORT; wait longer with --timeout."
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Hint = fmt.Sprintf("Is the daemon running? Start it with \"waveguardd --data %s\", or say where its NETCONF listens with --netconf HOST:PORT.", c.Data)
	case errors.Is(err, io.EOF), strings.Contains(err.Error(), "overflow reading version string"), strings.Contains(err.Error(), "first record does not look like"):
		e.Hint = "Something else listens there, perhaps. Give --netconf the HOST:PORT of NETCONF over SSH, which the daemon says when it starts."
	default:
		e.Hint = "Check --netconf HOST:PORT."
	}
	return e
}
