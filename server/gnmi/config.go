package gnmi

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
)

// Config says what a server serves and with whom it shares the appliance.
type Config struct {
	Schema *schema.Set
	Store  *datastore.Store
	Access *access.Authority

	// Certificate identifies the server; see [EnsureCertificate].
	Certificate *Certificate
	// ClientCAs are the authorities whose client certificates sign a user in, by
	// common name; nil: only passwords do.
	ClientCAs *x509.CertPool
	// TLS returns what holds for the next handshake instead of the two above; nil:
	// they hold. Whatever it says of client authentication, a certificate is
	// verified if the client shows one.
	TLS func() *tls.Config
	// NameOf returns the user that a client's certificate stands for, the first
	// of each verified chain; nil: the one of its common name.
	NameOf func(chains [][]*x509.Certificate) (name string, ok bool)

	// Limits bound what clients can take; zero fields take the defaults.
	Limits Limits

	// Logger receives sign-ins, changes and faults; nil means slog.Default.
	Logger *slog.Logger
}

// Limits bound what a client can take of the server. Zero means the default.
type Limits struct {
	RequestBytes  int // size of one request; 16 MiB
	ResponseBytes int // size of the values in one GetResponse; 64 MiB
	Connections   int // connections at a time; 256
	Strangers     int // of those, connections on which nobody has signed in; 64
	Paths         int // paths of one GetRequest, and deletions of one SetRequest that select by wildcards; 1024
	Streams       int // calls in progress on one connection; 128
	UserStreams   int // Subscribe calls in progress of one user; 64
	Subscriptions int // subscriptions of one Subscribe call; 256

	// UpdatesPerMessage is how many values of one moment share a notification,
	// each in an update of its own; 1 sends each by itself; 256.
	UpdatesPerMessage int

	// SampleInterval is the shortest interval for samples and heartbeats, and
	// the one used when a client leaves the choice; 100 ms.
	SampleInterval time.Duration
	// CounterInterval is the sample interval of counters and gauges under
	// TARGET_DEFINED; 10 s.
	CounterInterval time.Duration

	HandshakeTimeout time.Duration // from connecting to having TLS; 20 s
	IdleTimeout      time.Duration // for a connection without calls; 10 min
	KeepaliveEvery   time.Duration // between probes of a silent connection; 30 s
	KeepaliveLeast   time.Duration // between probes a client may send; 5 s
	ShutdownTimeout  time.Duration // for calls in progress to end; 5 s
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.RequestBytes, 16<<20)
	orDefault(&l.ResponseBytes, 64<<20)
	orDefault(&l.Connections, 256)
	orDefault(&l.Strangers, 64)
	orDefault(&l.Paths, 1024)
	orDefault(&l.Streams, 128)
	orDefault(&l.UserStreams, 64)
	orDefault(&l.Subscriptions, 256)
	orDefault(&l.UpdatesPerMessage, 256)
	orDefault(&l.SampleInterval, 100*time.Millisecond)
	orDefault(&l.CounterInterval, 10*time.Second)
	orDefault(&l.HandshakeTimeout, 20*time.Second)
	orDefault(&l.IdleTimeout, 10*time.Minute)
	orDefault(&l.KeepaliveEvery, 30*time.Second)
	orDefault(&l.KeepaliveLeast, 5*time.Second)
	orDefault(&l.ShutdownTimeout, 5*time.Second)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
