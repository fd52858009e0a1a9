package netconf

import (
	"log/slog"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Config says what a server serves and with whom it shares the appliance.
type Config struct {
	Schema *schema.Set
	Store  *datastore.Store
	Access *access.Authority
	Hub    *notify.Hub

	// State holds further sources of operational data for <get>; the server's
	// own monitoring data is always among them.
	State []StateProvider

	// Operations are those that the appliance performs besides the protocol's own.
	Operations []Operation

	// Files has the configurations that clients name by URL; nil: there are none, and
	// a schema with the feature url promises too much.
	Files Files

	// HostKeys identify the server to SSH clients; see [EnsureHostKeys]. Only
	// [Server.Serve] needs them.
	HostKeys []ssh.Signer

	// Erase erases what the appliance has stored besides its configuration, for
	// factory-reset; nil: there is nothing.
	Erase func() error

	// Limits bound what peers can take; zero fields take the defaults.
	Limits Limits

	// Logger receives sessions' beginnings and ends; nil means slog.Default.
	Logger *slog.Logger
}

// StateProvider returns operational data that is made when it is asked for: one
// top-level node, or nil. State of a container of configuration is added to what
// is there. It is called concurrently.
type StateProvider func() tree.Node

// Limits bound what a peer can take of the server. Zero means the default.
type Limits struct {
	MessageBytes int // size of one message; 16 MiB

	Sessions           int // NETCONF sessions at a time; 1,024
	UserSessions       int // those of one user; 256
	SessionsPerConn    int // sessions of one SSH connection; 16
	Unauthenticated    int // SSH connections that have not logged in; 256
	AuthTries          int // failed logins of one SSH connection; 6
	QueuedNotification int // notifications waiting for one subscription; 1024

	Subscriptions           int // subscriptions of RFC 8639 at a time; 4096
	SubscriptionsPerSession int // those of one session; 64

	HandshakeTimeout time.Duration // from connecting to being logged in; 30 s
	HelloTimeout     time.Duration // from session start to the peer's hello; 30 s
	MessageTimeout   time.Duration // from a message's first octet to its last; 5 min
	WriteTimeout     time.Duration // for the peer to take 64 KiB, and for the last replies; 30 s
	CloseTimeout     time.Duration // for the peer to close a channel that the server closed; 5 s
	IdleTimeout      time.Duration // without request or subscription; 1 h, negative: none
	KeepaliveEvery   time.Duration // between SSH keepalive probes; 30 s, negative: none
	ShutdownTimeout  time.Duration // for requests in progress to end; 5 s
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.MessageBytes, 16<<20)
	orDefault(&l.Sessions, 1024)
	orDefault(&l.UserSessions, 256)
	orDefault(&l.SessionsPerConn, 16)
	orDefault(&l.Unauthenticated, 256)
	orDefault(&l.AuthTries, 6)
	orDefault(&l.QueuedNotification, 1024)
	orDefault(&l.Subscriptions, 4096)
	orDefault(&l.SubscriptionsPerSession, 64)
	orDefault(&l.HandshakeTimeout, 30*time.Second)
	orDefault(&l.HelloTimeout, 30*time.Second)
	orDefault(&l.MessageTimeout, 5*time.Minute)
	orDefault(&l.WriteTimeout, 30*time.Second)
	orDefault(&l.CloseTimeout, 5*time.Second)
	orDefault(&l.IdleTimeout, time.Hour)
	orDefault(&l.KeepaliveEvery, 30*time.Second)
	orDefault(&l.ShutdownTimeout, 5*time.Second)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
