package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

const patience = 20 * time.Second

// appliance is the daemon's enforcement, without its protocols.
type appliance struct {
	t      *testing.T
	engine *enforcement.Engine
	socket string
	stop   func()
}

func startAppliance(t *testing.T) *appliance {
	t.Helper()
	a := &appliance{
		t: t, engine: enforcement.New(slog.New(slog.DiscardHandler)),
		socket: filepath.Join(t.TempDir(), "attach.sock"),
	}
	a.apply(defaultPolicy())
	a.start()
	return a
}

func (a *appliance) start() {
	a.t.Helper()
	listener, err := attach.Listen(a.socket)
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		server := attach.Server{Authority: a.engine, Logger: slog.New(slog.DiscardHandler)}
		if err := server.Serve(ctx, listener); err != nil {
			a.t.Errorf("attach server: %v", err)
		}
	}()
	a.stop = sync.OnceFunc(func() {
		cancel()
		<-served
	})
	a.t.Cleanup(a.stop)
}

func (a *appliance) apply(d *view.Delta) {
	a.t.Helper()
	commit, _, err := a.engine.Prepare(a.t.Context(), d)
	if err != nil {
		a.t.Fatal(err)
	}
	commit()
}

func (a *appliance) decide(source, target string, action gen.E_MpkSecurityTypes_TransitionAction) {
	a.t.Helper()
	d := new(view.Delta)
	permit(d, source, target).Action = action
	a.apply(d)
}

func permit(d *view.Delta, source, target string) *gen.MpkSecurity_Transition {
	transition := &gen.MpkSecurity_Transition{
		Source: &source, Target: &target, Action: gen.MpkSecurityTypes_TransitionAction_PERMIT,
	}
	if d.Transitions == nil {
		d.Transitions = map[view.TransitionKey]*gen.MpkSecurity_Transition{}
	}
	d.Transitions[view.TransitionKey{Source: source, Target: target}] = transition
	return transition
}

// defaultPolicy is the appliance's, with services for whoever runs the test.
func defaultPolicy() *view.Delta {
	d := &view.Delta{Domains: map[string]*gen.MpkSecurity_Domain{}, Services: map[string]*gen.MpkSecurity_Service{}}
	uid := uint32(os.Getuid())
	for i, name := range []string{pathComputation, wavelengthAssignment, keyStore, performanceMonitoring, dashboard} {
		id := uint16(i + 1)
		d.Domains[name] = &gen.MpkSecurity_Domain{Name: &name, Id: &id, PrivilegeLevel: gen.MpkSecurityTypes_PrivilegeLevel_HIGH}
		d.Services[name] = &gen.MpkSecurity_Service{Name: &name, Domain: &name, Uid: &uid}
	}
	permit(d, pathComputation, wavelengthAssignment)
	permit(d, pathComputation, performanceMonitoring)
	permit(d, pathComputation, keyStore)
	permit(d, performanceMonitoring, keyStore)
	permit(d, dashboard, performanceMonitoring)
	permit(d, dashboard, pathComputation)
	name, producer := opticalPower, performanceMonitoring
	d.Channels = map[string]*gen.MpkSecurity_Channel{name: {
		Name: &name, Producer: &producer, Consumer: []string{dashboard}, Slots: new(uint32(1024)), SlotSize: new(uint32(256)),
		Integrity: gen.MpkSecurityTypes_ChannelIntegrity_CRC32C, Overflow: gen.MpkSecurityTypes_ChannelOverflow_DROP_OLDEST,
	}}
	return d
}

// lines is a log that tests read while it is written.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buffer.String(), s)
}

type running struct {
	t       *testing.T
	control string
	log     *lines
}

func startNode(t *testing.T, a *appliance, backend mpk.Backend) *running {
	t.Helper()
	r := &running{t: t, control: filepath.Join(t.TempDir(), "control.sock"), log: new(lines)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Config{
			Socket: a.socket, Control: r.control, Seed: 1, Period: 20 * time.Millisecond,
			Backend: backend, Logger: slog.New(slog.NewTextHandler(r.log, nil)),
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("node: %v", err)
		}
	})
	r.eventually("the node's start", func(s *control.Status) bool { return s != nil })
	return r
}

func (r *running) status() *control.Status {
	reply, err := control.Ask(r.t.Context(), r.control, control.Request{Command: control.CommandStatus})
	if err != nil {
		return nil
	}
	return reply.Status
}

func (r *running) eventually(what string, holds func(*control.Status) bool) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		s := r.status()
		if holds(s) {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s; status %+v", what, s)
		}
	}
}

func (r *running) violate(source, target string) (*control.Violation, error) {
	reply, err := control.Ask(r.t.Context(), r.control, control.Request{
		Command: control.CommandViolate, Source: source, Target: target,
	})
	return reply.Violation, err
}

func atWork(s *control.Status) bool {
	return s != nil && s.Service(pathComputation).Work["lightpaths-set-up"] > 2 &&
		s.Service(wavelengthAssignment).Work["assigned"] > 2 &&
		s.Service(performanceMonitoring).Work["readings-verified"] > 0 &&
		s.Service(keyStore).Work["keys-derived"] > 2 &&
		s.Service(dashboard).Work["summaries"] > 2 && s.Service(dashboard).Work["samples-received"] > 2
}

func TestNodeWorks(t *testing.T) {
	r := startNode(t, startAppliance(t), nil)
	r.eventually("all services to work", atWork)
	s := r.status()
	if !s.Attached || s.ProcessID != os.Getpid() || s.Epoch == 0 {
		t.Errorf("status %+v", s)
	}
	for _, service := range s.Services {
		if service.Domain != service.Name || service.Refused != 0 || service.Faults != 0 || service.Trouble != "" || service.Last == "" {
			t.Errorf("service %+v", service)
		}
	}
}

func TestNodeObeysCommits(t *testing.T) {
	a := startAppliance(t)
	r := startNode(t, a, nil)
	r.eventually("all services to work", atWork)
	a.decide(dashboard, performanceMonitoring, gen.MpkSecurityTypes_TransitionAction_DENY)
	r.eventually("refusals", func(s *control.Status) bool { return s.Service(dashboard).Refused > 3 })
	if n := r.log.count("dashboard → performance-monitoring is now refused: transition denied"); n != 1 {
		t.Errorf("the refusal is in the log %d times", n)
	}
	before := r.status().Service(dashboard).Work["summaries"]
	r.eventually("the dashboard to go on", func(s *control.Status) bool { return s.Service(dashboard).Work["summaries"] > before+3 })
	a.decide(dashboard, performanceMonitoring, gen.MpkSecurityTypes_TransitionAction_PERMIT)
	r.eventually("calls to go through", func(*control.Status) bool {
		return r.log.count("dashboard → performance-monitoring is permitted again") == 1
	})
}

func TestNodeSurvivesViolation(t *testing.T) {
	r := startNode(t, startAppliance(t), nil)
	r.eventually("all services to work", atWork)
	v, err := r.violate(dashboard, keyStore)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Caught || !strings.HasPrefix(v.Address, "0x") {
		t.Errorf("violation %+v", v)
	}
	if os.Getenv("WAVEGUARD_IN_VM") == "1" && v.Backend != "PKU" {
		t.Errorf("walls are built with %s in a machine that has protection keys", v.Backend)
	}
	if v.Backend == "PKU" && v.Reads != 0 {
		t.Errorf("with protection keys %d reads went through", v.Reads)
	}
	before := r.status()
	if got := before.Service(dashboard).Faults; got != 1 {
		t.Errorf("dashboard has %d faults", got)
	}
	r.eventually("work after the violation", func(s *control.Status) bool {
		return s.Service(dashboard).Work["summaries"] > before.Service(dashboard).Work["summaries"]+2 &&
			s.Service(keyStore).Work["readings-signed"] > before.Service(keyStore).Work["readings-signed"]
	})
}

func TestNodeWithoutWallsSaysSo(t *testing.T) {
	none, err := mpk.Open(mpk.KindNone)
	if err != nil {
		t.Fatal(err)
	}
	r := startNode(t, startAppliance(t), none)
	v, err := r.violate(dashboard, keyStore)
	if err != nil {
		t.Fatal(err)
	}
	if v.Caught || v.Reads == 0 || v.Strength != "NONE" {
		t.Errorf("violation %+v", v)
	}
}

func TestViolateRefusesNonsense(t *testing.T) {
	r := startNode(t, startAppliance(t), nil)
	for _, pair := range [][2]string{{"nobody", keyStore}, {dashboard, "nobody"}} {
		_, err := r.violate(pair[0], pair[1])
		if !errors.Is(err, control.ErrRefused) || !strings.Contains(err.Error(), "wavelength-assignment") {
			t.Errorf("%v: %v, want an error with the names there are", pair, err)
		}
	}
	if _, err := r.violate(keyStore, keyStore); err == nil || !strings.Contains(err.Error(), "no wall") {
		t.Errorf("a service against itself: %v", err)
	}
	if _, err := control.Ask(t.Context(), r.control, control.Request{Command: "dance"}); !errors.Is(err, control.ErrRefused) {
		t.Errorf("unknown command: %v", err)
	}
}

func TestNodeOutlivesTheDaemon(t *testing.T) {
	a := startAppliance(t)
	r := startNode(t, a, nil)
	r.eventually("all services to work", atWork)
	a.stop()
	r.eventually("the loss", func(s *control.Status) bool { return !s.Attached && s.LastError != "" })
	before := r.status().Service(pathComputation).Work["lightpaths-set-up"]
	r.eventually("work without the daemon", func(s *control.Status) bool {
		return s.Service(pathComputation).Work["lightpaths-set-up"] > before+2
	})
	a.start()
	r.eventually("the new attachment", func(s *control.Status) bool { return s.Attached })
}

func TestRunWithoutDaemon(t *testing.T) {
	directory := t.TempDir()
	err := Run(t.Context(), Config{
		Socket: filepath.Join(directory, "attach.sock"), Control: filepath.Join(directory, "control.sock"),
		Period: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want that the socket does not exist", err)
	}
}
