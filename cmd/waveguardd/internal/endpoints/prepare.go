package endpoints

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/gnmi"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/tree"
)

// The protocols of changes that nobody asks for: the one that puts the stored
// configuration in force, and those that undo confirmed commits.
const (
	startup  = "startup"
	rollback = "rollback"
)

// Prepare binds the sockets, makes the keys and reads the certificates that a
// change asks for. Commit publishes them, and then lets go of what is no longer
// wanted; abort lets go of what was prepared.
//
// A place that cannot be listened at is no error at the start, where [Endpoints.Errs]
// tells it so that a flag can still say where else to listen, and when a confirmed
// commit is undone, which must not fail. It is tried again, and does not keep
// others from changing. For the same reason
// keys and certificates that became useless only leave themselves out then.
func (e *Endpoints) Prepare(_ context.Context, c datastore.Change) (commit, abort func(), err error) {
	if c.Actor.Protocol != startup && !concerns(c.Changes) {
		return func() {}, func() {}, nil
	}
	next, err := read(c.New)
	if err != nil {
		return nil, nil, err
	}
	e.preparing.Lock()
	p := &preparation{endpoints: e, next: next, bound: map[place]*listener{}, failed: map[place]error{}, protocol: c.Actor.Protocol}
	if err := p.prepare(); err != nil {
		p.abort()
		return nil, nil, err
	}
	return p.commit, p.abort, nil
}

// concerns says whether changes are of what this package reads.
func concerns(changes []tree.Change) bool {
	for _, c := range changes {
		if c.Path[0].Node.Name == "mpk-security" && (len(c.Path) == 1 || c.Path[1].Node.Module.Name == module) {
			return true
		}
	}
	return false
}

// preparation is a change on its way.
type preparation struct {
	endpoints *Endpoints
	next      *settings
	bound     map[place]*listener // new
	failed    map[place]error
	made      []string // key files
	protocol  string   // of the actor
}

// lenient says whether a place that cannot be listened at is only noted: whoever
// changes something else has no part in it.
//
// Preconditions: p.endpoints.preparing is held.
func (p *preparation) lenient(name place, s spot) bool {
	e := p.endpoints
	return p.protocol == startup || p.protocol == rollback || e.failed[name] != nil && e.now.places[name].address == s.address
}

func (p *preparation) prepare() error {
	if err := p.keys(); err != nil {
		return err
	}
	if err := p.certificate(); err != nil {
		return err
	}
	return p.bind()
}

// keys makes the host keys that are missing.
func (p *preparation) keys() error {
	usable := p.next.keys[:0]
	for _, k := range p.next.keys {
		signer, err := p.key(k)
		switch {
		case err == nil:
			usable = append(usable, k)
			p.next.ssh.HostKeys = append(p.next.ssh.HostKeys, signer)
		case p.protocol == rollback:
			p.endpoints.cfg.Logger.Error("a host key cannot be used and is left out", "name", k.name, "error", err)
		default:
			return &tree.Error{Tag: tree.TagInvalidValue, Path: k.at, Message: err.Error()}
		}
	}
	p.next.keys = usable
	return p.needKeys()
}

// key returns a host key: the one in use, or that in its file, which it makes if
// it is missing. What happens to the file of a key in use keeps nobody from changing
// something else.
func (p *preparation) key(k hostKey) (ssh.Signer, error) {
	now := p.endpoints.settings()
	if i := slices.IndexFunc(now.keys, k.same); i >= 0 {
		return now.ssh.HostKeys[i], nil
	}
	file := netconf.HostKeyFile(p.endpoints.cfg.keyFolder(), k.name)
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		p.made = append(p.made, file)
	}
	return netconf.EnsureHostKey(file, k.algorithm)
}

// needKeys refuses to serve SSH without a key: no client could get in.
func (p *preparation) needKeys() error {
	if len(p.next.keys) > 0 || p.protocol == rollback {
		return nil
	}
	for _, s := range p.next.places {
		if s.transport == "SSH" {
			return noKey(s.at)
		}
	}
	for _, c := range p.next.clients {
		if c.transport == "SSH" {
			return noKey(c.at)
		}
	}
	return nil
}

func noKey(at tree.Path) error {
	return &tree.Error{
		Tag: tree.TagInvalidValue, Path: at,
		Message: "NETCONF over SSH needs a host key: add one at /mpk-security/server/ssh/host-keys, and it is made",
	}
}

// certificate reads the certificate, unless it is in use: then it is read when
// it changes. Files that became useless since they were configured must not keep
// the appliance from starting, or a confirmed commit from being undone.
func (p *preparation) certificate() error {
	t, now, own := &p.next.tls, &p.endpoints.settings().tls, p.endpoints.own
	var err error
	switch {
	case t.certFile == "":
		t.certificate = own
	case t.certFile == now.certFile && t.keyFile == now.keyFile:
		t.certificate = now.certificate
	default:
		t.certificate, err = gnmi.LoadCertificate(t.certFile, t.keyFile)
	}
	switch {
	case err == nil:
	case p.protocol == startup || p.protocol == rollback:
		t.certificate = gnmi.AwaitCertificate(t.certFile, t.keyFile, own)
		p.endpoints.cfg.Logger.Error("the TLS certificate cannot be used; until it can, the appliance's own takes its place", "error", err)
	default:
		return &tree.Error{Tag: tree.TagInvalidValue, Path: t.at, Message: err.Error()}
	}
	certificate, log := t.certificate, p.endpoints.cfg.Logger
	t.config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := certificate.Get()
		if err != nil {
			log.Error("TLS certificate changed but cannot be used; the one before stays", "error", err)
		}
		return c, nil
	}
	return nil
}

// bind opens the sockets that are not open yet.
func (p *preparation) bind() error {
	e := p.endpoints
	leaving, grace := p.leaving(), time.Duration(0)
	if p.protocol == startup {
		grace = startGrace
	}
	for name, s := range p.next.places {
		if l := e.open[name]; l != nil && l.asked == s.address {
			continue
		}
		l, err := bind(s, leaving, grace)
		switch {
		case err == nil:
			p.bound[name] = l
		case p.lenient(name, s):
			p.failed[name] = err
			e.cfg.Logger.Error("listen", "protocol", name.protocol, "endpoint", name.name, "error", err)
		default:
			return &tree.Error{Tag: datastore.TagResourceDenied, Path: s.at, Message: err.Error()}
		}
	}
	return nil
}

// leaving returns the listeners that the commit closes.
func (p *preparation) leaving() (all []*listener) {
	e := p.endpoints
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, l := range e.open {
		if s, wanted := p.next.places[name]; !wanted || s.address != l.asked {
			all = append(all, l)
		}
	}
	return all
}

func (p *preparation) abort() {
	for _, l := range p.bound {
		l.Close()
	}
	for _, file := range p.made {
		os.Remove(file)
	}
	p.endpoints.preparing.Unlock()
}

// commit publishes what was prepared. The sessions of a place that goes live on.
func (p *preparation) commit() {
	defer p.endpoints.preparing.Unlock()
	e := p.endpoints
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now, e.failed = p.next, p.failed
	for name, l := range e.open {
		if _, wanted := p.next.places[name]; !wanted || p.bound[name] != nil || p.failed[name] != nil {
			l.Close()
			delete(e.open, name)
		}
	}
	for name, l := range p.bound {
		if e.closed {
			l.Close()
			continue
		}
		e.open[name] = l
		e.begin(func(s *serving) { e.accept(s, name, l) })
	}
	e.recall(p.next.clients)
	e.begin(func(s *serving) { s.server.Bound(p.next.bounds) })
	e.touch()
}

// rebindEvery is the time between attempts at places that could not be listened at.
const rebindEvery = 2 * time.Second

// rebind tries until ctx ends to listen where it was not possible before.
func (e *Endpoints) rebind(ctx context.Context) {
	for wait(ctx, nil, rebindEvery) {
		e.preparing.Lock()
		for name, s := range e.unbound() {
			if l, err := bind(s, nil, 0); err == nil {
				e.mend(name, l)
			}
		}
		e.preparing.Unlock()
	}
}

// unbound returns the places that could not be listened at.
func (e *Endpoints) unbound() map[place]spot {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[place]spot{}
	for name := range e.failed {
		all[name] = e.now.places[name]
	}
	return all
}

// mend puts a listener in place that could not be opened before.
func (e *Endpoints) mend(name place, l *listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		l.Close()
		return
	}
	failed := maps.Clone(e.failed)
	delete(failed, name)
	e.open[name], e.failed = l, failed
	e.begin(func(s *serving) { e.accept(s, name, l) })
	e.cfg.Logger.Info("listens at last", "protocol", name.protocol, "endpoint", name.name, "address", l.Addr())
	e.touch()
}

// begin runs f beside the rest, if the endpoints are served and still are.
//
// Preconditions: e.mu is held.
func (e *Endpoints) begin(f func(*serving)) {
	if s := e.serving; s != nil && s.ctx.Err() == nil {
		s.wg.Go(func() { f(s) })
	}
}

// recall has callers do what is configured now.
//
// Preconditions: e.mu is held.
func (e *Endpoints) recall(clients map[string]*client) {
	for name, c := range e.callers {
		if clients[name] == nil {
			c.set(nil)
			delete(e.callers, name)
		}
	}
	for name, next := range clients {
		c := e.callers[name]
		if c == nil {
			c = newCaller(e, next)
			e.callers[name] = c
			e.begin(func(s *serving) { c.run(s.ctx, s.server) })
			continue
		}
		c.set(next)
	}
}
