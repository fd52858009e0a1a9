package endpoints

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/optical-net/waveguard/server/gnmi"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Config says what endpoints need to know before there is a configuration.
type Config struct {
	Dir    string // keeps host keys in ssh/ and the appliance's own certificate in tls/
	Schema *schema.Set
	Logger *slog.Logger
}

// Store is where the state of endpoints is told.
type Store interface {
	UpdateState(change func(*tree.Editor) error) error
}

// Endpoints are the ways into an appliance. Make it with [New]; it is an engine
// of the datastore, which tells it the configuration.
type Endpoints struct {
	cfg  Config
	own  *gnmi.Certificate
	gnmi *funnel
	rate rate

	preparing sync.Mutex // held from Prepare to its commit or abort, and by rebind

	mu      sync.Mutex
	now     *settings
	open    map[place]*listener
	callers map[string]*caller
	failed  map[place]error // what could not be bound; a map is not changed
	serving *serving        // nil before Serve
	closed  bool

	changed chan struct{} // has a token when the state is to be told
}

// serving is what there is while the endpoints are served.
type serving struct {
	ctx    context.Context
	server *netconf.Server
	wg     sync.WaitGroup
}

// New returns endpoints without configuration. It makes the appliance's own
// certificate if there is none.
func New(c Config) (*Endpoints, error) {
	for _, dir := range []string{c.keyFolder(), filepath.Join(c.Dir, "tls")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of keys: %w", err)
		}
	}
	own, err := gnmi.EnsureCertificate(filepath.Join(c.Dir, "tls"))
	if err != nil {
		return nil, fmt.Errorf("prepare the TLS certificate: %w", err)
	}
	return &Endpoints{
		cfg: c, own: own, gnmi: newFunnel(), now: &settings{},
		open: map[place]*listener{}, callers: map[string]*caller{}, failed: map[place]error{},
		changed: make(chan struct{}, 1),
	}, nil
}

// Errs returns why places of a protocol are not listened at, by the names of
// their endpoints.
func (e *Endpoints) Errs(protocol string) map[string]error {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]error{}
	for p, err := range e.failed {
		if p.protocol == protocol {
			all[p.name] = err
		}
	}
	return all
}

// Calls says whether there is a controller that is called.
func (e *Endpoints) Calls() bool {
	for _, c := range e.settings().clients {
		if c.calls() {
			return true
		}
	}
	return false
}

// Addrs returns the addresses at which a protocol, "netconf" or "gnmi", listens,
// by the names of their endpoints.
func (e *Endpoints) Addrs(protocol string) map[string]net.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]net.Addr{}
	for p, l := range e.open {
		if p.protocol == protocol {
			all[p.name] = l.Addr()
		}
	}
	return all
}

// Serve serves NETCONF at the endpoints, and calls controllers, until ctx ends;
// then it shuts the server down. What comes in for gNMI is for whoever accepts
// from [Endpoints.GNMI].
func (e *Endpoints) Serve(ctx context.Context, server *netconf.Server, store Store) {
	s := &serving{ctx: ctx, server: server}
	e.mu.Lock()
	e.serving = s
	server.Bound(e.now.bounds)
	for p, l := range e.open {
		s.wg.Go(func() { e.accept(s, p, l) })
	}
	for _, c := range e.callers {
		s.wg.Go(func() { c.run(ctx, server) })
	}
	e.mu.Unlock()
	s.wg.Go(func() { e.tell(ctx, store) })
	s.wg.Go(func() { e.rebind(ctx) })
	<-ctx.Done()
	e.Close()
	server.Shutdown(context.WithoutCancel(ctx))
	s.wg.Wait()
}

// Close lets go of all sockets; it may be called again. Nothing listens any more
// whatever is committed after.
func (e *Endpoints) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, l := range e.open {
		l.Close()
	}
	for _, c := range e.callers {
		c.set(nil)
	}
	e.gnmi.Close()
}

// GNMI returns a listener that accepts what comes in for gNMI.
func (e *Endpoints) GNMI() net.Listener { return e.gnmi }

// TLS returns what holds for the next TLS handshake.
func (e *Endpoints) TLS() *tls.Config { return e.settings().tls.config }

// NameOf returns the user that a client's certificate stands for.
func (e *Endpoints) NameOf(chains [][]*x509.Certificate) (name string, ok bool) {
	return e.settings().tls.names.Name(chains)
}

func (e *Endpoints) settings() *settings {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

// transport returns what secures the next connection.
func (s *settings) transport(name string) netconf.Transport {
	if name == "SSH" {
		return s.ssh
	}
	t := s.tls.timing
	return &netconf.TLS{
		Config: s.tls.config, NameOf: s.tls.names.Name,
		HandshakeTimeout: t.grace, KeepaliveEvery: t.every, KeepaliveTries: t.tries,
	}
}

// touch has the state told soon.
func (e *Endpoints) touch() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// first returns the address of the endpoint "default", or of the first by name.
func first(all map[string]net.Addr) net.Addr {
	if addr, ok := all["default"]; ok {
		return addr
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return all[slices.Min(names)]
}

// Addr returns an address at which a protocol listens, nil if there is none. For
// NETCONF it is one of SSH, as long as there is one.
func (e *Endpoints) Addr(protocol string) net.Addr {
	all := e.Addrs(protocol)
	plain := maps.Clone(all)
	for p, s := range e.settings().places {
		if s.transport == "TLS" && p.protocol == protocol {
			delete(plain, p.name)
		}
	}
	return cmp.Or(first(plain), first(all))
}
