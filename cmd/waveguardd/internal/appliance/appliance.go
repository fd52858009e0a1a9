package appliance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/gnmi"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Appliance is an assembled daemon.
type Appliance struct {
	cfg     Config
	host    host
	schema  *schema.Set
	engine  *enforcement.Engine
	store   *datastore.Store
	access  *access.Authority
	hub     *notify.Hub
	netconf *netconf.Server
	gnmi    *gnmi.Server

	bins      *pm.Bins
	collector *telemetry.Collector

	listeners struct {
		netconf, gnmi net.Listener
		attach        *net.UnixListener
	}
}

// New assembles the appliance: the stored configuration is in force and all
// sockets listen when it returns. The caller runs or closes it.
func New(c Config) (_ *Appliance, err error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	a := &Appliance{cfg: c, host: detectHost()}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	steps := []func() error{a.openStore, a.openHub, a.openTelemetry, a.openNETCONF, a.openGNMI, a.listen}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Appliance) openStore() (err error) {
	if a.schema, err = compileModels(); err != nil {
		return fmt.Errorf("compile the models: %w", err)
	}
	a.engine = enforcement.New(a.cfg.Logger)
	a.store, err = datastore.Open(datastore.Config{
		Dir: filepath.Join(a.cfg.Dir, "config"), Schema: a.schema, Engine: engine{a.engine}, Logger: a.cfg.Logger,
		Initial: func() (*tree.Tree, error) { return initial(a.schema, &a.cfg) },
		Rules:   access.Check,
	})
	if err != nil {
		return fmt.Errorf("open the configuration in %s: %w", filepath.Join(a.cfg.Dir, "config"), err)
	}
	a.access = access.New(a.store.Running)
	a.access.Record(telemetry.NewLogins(a.schema, a.store, a.cfg.Logger))
	return nil
}

func (a *Appliance) openHub() (err error) {
	dir := filepath.Join(a.cfg.Dir, "notifications")
	if a.hub, err = notify.Open(notify.Config{Dir: dir, Schema: a.schema, Logger: a.cfg.Logger}); err != nil {
		return fmt.Errorf("open the log of notifications in %s: %w", dir, err)
	}
	return nil
}

// served lists the modules the appliance implements.
var served = []string{
	"ietf-datastores",
	"ietf-inet-types",
	"ietf-netconf",
	"ietf-netconf-acm",
	"ietf-netconf-monitoring",
	"ietf-netconf-nmda",
	"ietf-netconf-notifications",
	"ietf-netconf-with-defaults",
	"ietf-origin",
	"ietf-yang-library",
	"ietf-yang-types",
	"mpk-security",
	"mpk-security-alarms",
	"mpk-security-anomaly",
	"mpk-security-notifications",
	"mpk-security-pm",
	"mpk-security-telemetry",
	"mpk-security-types",
	"nc-notifications",
	"notifications",
}

func compileModels() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{Implement: served, Features: netconf.Features})
}

func (a *Appliance) openNETCONF() error {
	dir := filepath.Join(a.cfg.Dir, "ssh")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the SSH host keys: %w", err)
	}
	keys, err := netconf.EnsureHostKeys(dir)
	if err != nil {
		return fmt.Errorf("prepare the SSH host keys: %w", err)
	}
	a.netconf, err = netconf.New(netconf.Config{
		Schema: a.schema, Store: a.store, Access: a.access, Hub: a.hub, HostKeys: keys, Logger: a.cfg.Logger,
		State:      []netconf.StateProvider{a.access.State},
		Operations: []netconf.Operation{a.clearPM()},
	})
	return err
}

// listen opens every socket, so that a port that is taken is found before
// anything runs.
func (a *Appliance) listen() (err error) {
	if a.listeners.netconf, err = listenTCP(a.cfg.NETCONF, "--netconf"); err != nil {
		return err
	}
	if a.listeners.gnmi, err = listenTCP(a.cfg.GNMI, "--gnmi"); err != nil {
		return err
	}
	a.listeners.attach, err = attach.Listen(a.cfg.attachSocket())
	return err
}

// portGrace is how long a daemon that was just killed may take to let its ports go.
const portGrace = time.Second

func listenTCP(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	for deadline := time.Now().Add(portGrace); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		l, err = net.Listen("tcp", address)
	}
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%w; stop what listens there or choose another address with %s", err, flag)
		}
		return nil, fmt.Errorf("%w; give %s an address of this host, such as 127.0.0.1:8830 or :8830", err, flag)
	}
	return l, nil
}

// Run serves until ctx ends or a part fails, then closes everything.
func (a *Appliance) Run(ctx context.Context) error {
	notifier, err := telemetry.NewNotifier(a.schema, publisher{a.hub})
	if err != nil {
		return errors.Join(err, a.Close())
	}
	notifier.Heard = a.collector.Supervisor.Heard
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	wg.Go(func() { a.collector.Run(ctx) })
	wg.Go(func() { a.bins.Keep(ctx) })
	wg.Go(func() { a.mirrorNETCONF(ctx) })
	wg.Go(func() { notifier.Run(ctx, violations(ctx, a.engine.Violations())) })
	serve := func(what string, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	workloads := &attach.Server{Authority: a.engine, Logger: a.cfg.Logger}
	serve("attach", func() error { return workloads.Serve(ctx, a.listeners.attach) })
	serve("NETCONF", func() error { return a.netconf.Serve(ctx, a.listeners.netconf) })
	serve("gNMI", func() error { return a.gnmi.Serve(ctx, a.listeners.gnmi) })
	a.greet()
	<-ctx.Done()
	wg.Wait()
	err = context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// greet says what runs and how strong its walls are.
func (a *Appliance) greet() {
	say := a.cfg.Say
	say("waveguardd %s: NETCONF over SSH on %s, gNMI over TLS on %s", Version, a.listeners.netconf.Addr(), a.listeners.gnmi.Addr())
	say("host processes attach at %s", a.cfg.attachSocket())
	say("isolation strength of this host: %v (backend %v, %d hardware keys)", a.host.strength, a.host.backend, a.host.keys)
	if a.host.missing != "" {
		say("note: %s", a.host.missing)
	}
	say("ready")
}

// NETCONFAddr returns the address that NETCONF listens on.
func (a *Appliance) NETCONFAddr() net.Addr { return a.listeners.netconf.Addr() }

// GNMIAddr returns the address that gNMI listens on.
func (a *Appliance) GNMIAddr() net.Addr { return a.listeners.gnmi.Addr() }

// Close lets go of everything; it may be called again.
func (a *Appliance) Close() error {
	var errs []error
	for _, l := range []net.Listener{a.listeners.netconf, a.listeners.gnmi} {
		if l != nil {
			errs = append(errs, ignoreClosed(l.Close()))
		}
	}
	if a.listeners.attach != nil {
		errs = append(errs, ignoreClosed(a.listeners.attach.Close()))
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.hub != nil {
		errs = append(errs, a.hub.Close())
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
