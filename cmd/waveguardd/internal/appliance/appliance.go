package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"github.com/optical-net/waveguard/cmd/waveguardd/internal/endpoints"
	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/files"
	"github.com/optical-net/waveguard/server/gnmi"
	"github.com/optical-net/waveguard/server/history"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/telemetry/pm"
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
	history *history.History
	files   *files.Files
	netconf *netconf.Server
	gnmi    *gnmi.Server

	bins      *pm.Bins
	collector *telemetry.Collector

	endpoints *endpoints.Endpoints
	fresh     bool // the configuration was made at this start
	attach    *net.UnixListener
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
	steps := []func() error{a.openStore, a.openHub, a.openHistory, a.openFiles, a.openTelemetry, a.openNETCONF, a.openGNMI, a.listen}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Appliance) openStore() (err error) {
	if a.schema, err = compileModels(a.cfg.Models); err != nil {
		return fmt.Errorf("compile the models: %w", err)
	}
	a.endpoints, err = endpoints.New(endpoints.Config{Dir: a.cfg.Dir, Schema: a.schema, Logger: a.cfg.Logger})
	if err != nil {
		return err
	}
	a.engine = enforcement.New(a.cfg.Logger)
	a.store, err = datastore.Open(datastore.Config{
		Dir: filepath.Join(a.cfg.Dir, "config"), Schema: a.schema, Engine: engines{a.endpoints, engine{a.engine}}, Logger: a.cfg.Logger,
		Initial: func() (*tree.Tree, error) { a.fresh = true; return initial(a.schema, &a.cfg) },
		Factory: a.factory,
		Rules:   rules,
		History: history.Most,

		Complete: func(t *tree.Tree) (*tree.Tree, error) { return a.cfg.withModelsData(a.schema, t) },
	})
	if err != nil {
		return fmt.Errorf("open the configuration in %s: %w", filepath.Join(a.cfg.Dir, "config"), a.cfg.hint(err))
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
	"ietf-factory-default",
	"ietf-inet-types",
	"ietf-netconf",
	"ietf-netconf-acm",
	"ietf-netconf-monitoring",
	"ietf-netconf-nmda",
	"ietf-netconf-notifications",
	"ietf-netconf-partial-lock",
	"ietf-netconf-private-candidate",
	"ietf-netconf-with-defaults",
	"ietf-nmda-compare",
	"ietf-notification-capabilities",
	"ietf-origin",
	"ietf-subscribed-notifications",
	"ietf-system-capabilities",
	"ietf-x509-cert-to-name",
	"ietf-yang-library",
	"ietf-yang-push",
	"ietf-yang-types",
	"mpk-security",
	"mpk-security-alarms",
	"mpk-security-anomaly",
	"mpk-security-deviations",
	"mpk-security-files",
	"mpk-security-history",
	"mpk-security-notifications",
	"mpk-security-pm",
	"mpk-security-server",
	"mpk-security-telemetry",
	"mpk-security-types",
	"nc-notifications",
	"notifications",
}

func (a *Appliance) openNETCONF() (err error) {
	a.netconf, err = netconf.New(netconf.Config{
		Schema: a.schema, Store: a.store, Access: a.access, Hub: a.hub, Logger: a.cfg.Logger,
		State:      []netconf.StateProvider{a.access.State, a.history.State, a.filesState},
		Operations: append(a.historyOperations(), a.clearPM(), a.resetObservations()),
		Files:      a.files,
		Erase:      a.erase,
	})
	return err
}

// listen sees that the sockets that flags move are open, so that a port that is
// taken is found before anything runs. Other endpoints, whose address may come up
// later than the daemon, are tried again.
func (a *Appliance) listen() (err error) {
	if err := a.applyFlags(); err != nil {
		return err
	}
	for _, protocol := range []string{"netconf", "gnmi"} {
		if err := a.endpoints.Errs(protocol)[defaultEndpoint]; err != nil {
			return fmt.Errorf("%w; --%s moves the endpoint %q", err, protocol, defaultEndpoint)
		}
	}
	a.attach, err = attach.Listen(a.cfg.attachSocket())
	return err
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
	serve("attach", func() error { return workloads.Serve(ctx, a.attach) })
	wg.Go(func() { a.endpoints.Serve(ctx, a.netconf, a.store) })
	serve("gNMI", func() error { return a.gnmi.Serve(ctx, a.endpoints.GNMI()) })
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
	say("waveguardd %s: NETCONF over SSH on %s, gNMI over TLS on %s", Version, addressOf(a.NETCONFAddr()), addressOf(a.GNMIAddr()))
	say("host processes attach at %s", a.cfg.attachSocket())
	say("isolation strength of this host: %v (backend %v, %d hardware keys)", a.host.strength, a.host.backend, a.host.keys)
	if a.host.missing != "" {
		say("note: %s", a.host.missing)
	}
	if names := foreign(a.schema); len(names) > 0 {
		say("note: %d modules of --models are served and their data is kept and checked, but nothing is done with it (waveguardd -v names them)", len(names))
		a.cfg.Logger.Debug("modules that act on nothing", "modules", names)
	}
	say("ready")
}

// addressOf names an address, which may not exist.
func addressOf(addr net.Addr) string {
	if addr == nil {
		return "no address"
	}
	return addr.String()
}

// NETCONFAddr returns an address that NETCONF listens on, nil if there is none:
// that of the default endpoint, while it exists.
func (a *Appliance) NETCONFAddr() net.Addr { return a.endpoints.Addr("netconf") }

// GNMIAddr returns an address that gNMI listens on, as NETCONFAddr does.
func (a *Appliance) GNMIAddr() net.Addr { return a.endpoints.Addr("gnmi") }

// Close lets go of everything; it may be called again.
func (a *Appliance) Close() error {
	var errs []error
	if a.endpoints != nil {
		a.endpoints.Close()
	}
	if a.attach != nil {
		errs = append(errs, ignoreClosed(a.attach.Close()))
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.hub != nil {
		errs = append(errs, a.hub.Close())
	}
	if a.files != nil {
		errs = append(errs, a.files.Close())
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
