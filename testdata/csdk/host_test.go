package csdk_test

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// trio has the services front, vault and worker in a domain each; front may call both others.
func trio(t testing.TB) *rig {
	return start(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2), viewtest.Domain("c", 3),
		viewtest.Service("front", "a", os.Getuid()), viewtest.Service("vault", "b", os.Getuid()), viewtest.Service("worker", "c", os.Getuid()),
		viewtest.Transition("a", "b", "PERMIT"), viewtest.Transition("a", "c", "PERMIT"),
	))
}

// hosted is a running waveguard-host whose service front takes orders.
type hosted struct {
	*process
	mu  sync.Mutex
	log strings.Builder
}

func (h *hosted) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(p)
}

func (h *hosted) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

// hostCommand prepares waveguard-host with services as NAME=FILE of its own folder.
func (r *rig) hostCommand(backend string, words ...string) *exec.Cmd {
	r.t.Helper()
	host := program(r.t, "host/waveguard-host")
	cmd := exec.Command(host, append([]string{"--socket", r.path, "--backend", backend}, words...)...)
	cmd.Dir = filepath.Dir(host)
	return cmd
}

var trioWords = []string{"front=front.so", "vault=vault.so", "worker=worker.so"}

func (r *rig) host(backend string, flags ...string) *hosted {
	r.t.Helper()
	h := r.prepareHost(backend, flags...)
	r.begin(h)
	return h
}

func (r *rig) prepareHost(backend string, flags ...string) *hosted {
	r.t.Helper()
	h := &hosted{process: &process{t: r.t, cmd: r.hostCommand(backend, append(flags, trioWords...)...)}}
	h.cmd.Stderr = io.MultiWriter(h, r.t.Output())
	return h
}

// begin starts a host and waits until front takes orders.
func (r *rig) begin(h *hosted) {
	r.t.Helper()
	var err1, err2 error
	var out io.Reader
	h.orders, err1 = h.cmd.StdinPipe()
	out, err2 = h.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, h.cmd.Start()); err != nil {
		r.t.Fatal(err)
	}
	h.lines = bufio.NewScanner(out)
	r.t.Cleanup(func() { _, _ = h.cmd.Process.Kill(), h.cmd.Wait() })
	h.wants("ready")
	r.eventually("the daemon to see that the process is ready", func() bool {
		s := r.engine.State().Service["front"]
		return s != nil && s.GetAttached()
	})
}

// stop has front end its orders and the host all services, and wants this exit status.
func (h *hosted) stop(status int) {
	h.t.Helper()
	err := errors.Join(h.orders.Close(), h.cmd.Process.Signal(syscall.SIGTERM))
	if err != nil {
		h.t.Fatal(err)
	}
	_ = h.cmd.Wait()
	if got := h.cmd.ProcessState.ExitCode(); got != status {
		h.t.Errorf("the host ended with %v, want exit status %d", h.cmd.ProcessState, status)
	}
}

func TestCompartmentsWork(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := trio(t)
		h := r.host(backend)
		h.expect("call sum 5", "0 18849")
		h.expect("heap", "0 0")
		h.expect("threads", "0 0")
		h.expect("programs", "0 0")
		h.expect("refused", "4 0")
		h.expect("worker throwing 100", "0 100")
		h.expect("worker sorting 50000", "0 50000")
		h.expect("worker threading 8", "0 36")
		r.commit(transition("action = DENY"))
		h.expect("call sum 5", "-9 0")
		h.expect("worker sorting 3", "0 3")
		r.commit(transition("action = PERMIT"))
		h.expect("call sum 5", "0 18849")
		want := map[string]mpk.Strength{"none": mpk.None, "mprotect": mpk.Mprotect, "pku": mpk.HardwareCompartment}[backend]
		h.expect("strength", fmt.Sprintf("%d 0", want))
		if got := r.engine.State().Service["vault"].GetIsolationStrength().String(); got != want.String() {
			t.Errorf("strength %s, want %v", got, want)
		}
		h.stop(0)
		for _, says := range []string{"vault ends\n", "worker had 59 entries\n", "vault: its run has ended\n"} {
			if !strings.Contains(h.said(), says) {
				t.Errorf("the host does not say %q", says)
			}
		}
	})
}

// TestCompartmentsAreWalled reads and writes another service's memory of every kind. Without walls all of it works.
func TestCompartmentsAreWalled(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := trio(t)
		h := r.host(backend, "--after-fault", "go-on")
		h.expect("call sum 0", "0 18844")
		for _, kind := range []string{"data", "bss", "heap", "stack"} {
			if backend == "none" {
				h.expect("peek "+kind, "0 4711")
				h.expect("read "+kind, "0 1")
				continue
			}
			if kind == "stack" && backend == "mprotect" {
				continue // the thread that is inside keeps it open to all
			}
			h.expect("peek "+kind, "-8 0")
			v := r.violation()
			if v.Kind != wire.ProtectionKeyFault || v.Source != "a" || v.Target != "b" || v.Address == 0 {
				t.Errorf("%s: violation %+v", kind, v)
			}
			h.expect("poke "+kind, "-8 0")
			h.expect("read "+kind, "0 0") // the kernel reads with the thread's rights
		}
		if backend == "none" {
			h.expect("poke data", "0 0")
			h.expect("call sum 0", "0 14134") // 4710 less
			h.stop(0)
			return
		}
		h.expect("call sum 0", "0 18844")
		h.expect("worker sorting 3", "0 3")
		h.stop(5)
	})
}

// TestCompartmentFails: what ends code of one service ends no other, and nobody enters that one again.
func TestCompartmentFails(t *testing.T) {
	for _, failure := range []struct{ order, says string }{
		{"fail nothing", "vault.so+0x"},
		{"fail zero", "vault.so+0x"},
		{"fail bus", "vault.so+0x"},
		{"fail abort", "waveguard-host: vault called abort"},
		{"fail exit", "waveguard-host: vault called exit(3)"},
		{"fail quick-exit", "waveguard-host: vault called exit(3)"},
		{"fail _exit", "waveguard-host: vault called exit(3)"},
		{"fail free-twice", "waveguard-host: vault gave back memory that it did not have"},
		{"fail smash", "waveguard-host: vault wrote beyond a variable on its stack"},
	} {
		t.Run(failure.order, func(t *testing.T) {
			r := trio(t)
			h := r.host(strongest(t))
			h.expect("call sum 5", "0 18849")
			h.expect(failure.order, "-8 0")
			h.expect("call sum 5", "-12 0")
			h.expect("worker sorting 3", "0 3")
			h.stop(5)
			for _, says := range []string{failure.says, "vault: a fault ended code of its domain (1 so far), at ", "nobody enters it again"} {
				if !strings.Contains(h.said(), says) {
					t.Errorf("the host does not say %q", says)
				}
			}
		})
	}
}

// TestPoisonIsNotHandedOn: what a caller, or who was called, leaves in flags and x87 registers neither ends the
// other's code nor changes what it computes.
func TestPoisonIsNotHandedOn(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := trio(t).host(backend)
		h.expect("call reckons 1", "0 3000000000000000001")
		h.expect("poison reckons 1", "0 3000000000000000001")
		h.expect("reckon poisons 1", "0 3000000000000000001")
		h.stop(0)
	})
}

// TestOutlaws: code of a service that goes outside and asks the host for what only the host may do to another service.
func TestOutlaws(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := trio(t).host(backend)
		for name, address := range addresses(t, h.cmd.Path, "wg_run", "wg_close", "wg_region_free", "wg_thread_create") {
			h.expect(fmt.Sprint("address ", name, " ", address), "0 0")
		}
		const notYours = "-6 0"
		h.expect("outlaw run 10", notYours) // vault's function run, which runs already
		h.expect("outlaw run 21", notYours) // the destructors of worker
		h.expect("outlaw run 22", "0 0")    // a thread that worker did not ask for, and that does nothing
		h.expect("outlaw free", notYours)
		h.expect("outlaw close", notYours)
		h.expect("worker throwing 100", "0 100")
		h.expect("threads", "0 0")
		h.stop(0)
	})
}

// addresses finds functions in a program that is linked to a fixed place.
func addresses(t *testing.T, path string, names ...string) map[string]uint64 {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]uint64{}
	for _, s := range symbols {
		if slices.Contains(names, s.Name) {
			found[s.Name] = s.Value
		}
	}
	if len(found) != len(names) {
		t.Fatalf("%s: found %v of %v", path, found, names)
	}
	return found
}

// TestEndedAmongLocks: a service whose code is ended while it starts threads does not keep others from it.
func TestEndedAmongLocks(t *testing.T) {
	r := trio(t)
	h := r.host(strongest(t), "--after-fault", "go-on")
	r.commit(transition("max-dwell-time = 2000"))
	for range 20 {
		h.expect("call breeds 1", "-17 0")
		h.expect("worker threading 8", "0 36")
	}
	h.stop(5)
}

// TestEndThatDoesNotEnd: a service that waits for ever when it is to end does not keep the host.
func TestEndThatDoesNotEnd(t *testing.T) {
	h := trio(t).host(strongest(t), "--grace", "1")
	h.expect("fail wait-at-exit", "0 0")
	h.stop(1)
	if !strings.Contains(h.said(), "vault does not end") {
		t.Error("the host does not say who keeps it")
	}
}

// TestTrespasserIsFenced: front is ended when it reads what is vault's, and not let in again.
func TestTrespasserIsFenced(t *testing.T) {
	backend := strongest(t)
	r := trio(t)
	h := r.host(backend)
	h.expect("peek data", "-8 0")
	h.expect("call sum 5", "-12 0")
	h.stop(5)
	r = trio(t)
	h = r.host(backend)
	fmt.Fprintln(h.orders, "crash") // in its function run
	r.eventually("the host to tell", func() bool { return strings.Contains(h.said(), "front: its run was ended") })
	h.stop(5)
}

func TestHostEndsAfterFault(t *testing.T) {
	h := trio(t).host(strongest(t), "--after-fault", "end")
	h.expect("fail nothing", "-8 0")
	_ = h.orders.Close()
	_ = h.cmd.Wait()
	if got := h.cmd.ProcessState.ExitCode(); got != 5 || !strings.Contains(h.said(), "the host ends") || !strings.Contains(h.said(), "vault ends") {
		t.Errorf("the host ended with %v", h.cmd.ProcessState)
	}
}

// TestExceptionStaysInside: C++ ends the domain's code as it ends a program.
func TestExceptionStaysInside(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := trio(t)
		h := r.host(backend)
		h.expect("worker escaping", "-8 0")
		h.expect("call sum 5", "0 18849")
		h.stop(5)
		if !strings.Contains(h.said(), "terminate called") || !strings.Contains(h.said(), "worker called abort") {
			t.Error("the host does not say what was thrown")
		}
	})
}

// strongest returns the backend with the best walls that this machine has.
func strongest(t *testing.T) string {
	all := backends(t)
	return all[len(all)-1]
}

func TestServiceEnds(t *testing.T) {
	for _, status := range []int{0, 1} {
		r := trio(t)
		h := r.host("none")
		h.expect("break-pipe", "0 0") // whose signal would end the process, when the service has ended
		fmt.Fprintf(h.orders, "end now %d\n", status)
		r.eventually("the host to tell", func() bool { return strings.Contains(h.said(), "front: its run") })
		h.stop(status)
	}
}

// TestFifteenCompartments is as many as glibc has namespaces for, and more than there are keys to lend.
func TestFifteenCompartments(t *testing.T) {
	const services = 15
	var config, words []string
	name := func(i int) string { return fmt.Sprintf("ring-%02d", i%services) }
	for i := range services {
		config = slices.Concat(config, viewtest.Domain(name(i), i+1), viewtest.Service(name(i), name(i), os.Getuid()))
		words = append(words, name(i)+"=ring.so")
	}
	for i := range services {
		for j := range services {
			if i != j {
				config = slices.Concat(config, viewtest.Transition(name(i), name(j), "PERMIT"))
			}
		}
	}
	for backend, reads := range map[string]int{"none": services, strongest(t): 1} {
		if backend == "mprotect" {
			continue // whose memory is open while anybody is inside
		}
		t.Run(backend, func(t *testing.T) {
			r := start(t, config)
			out, err := r.hostCommand(backend, append([]string{"--after-fault", "go-on"}, words...)...).CombinedOutput()
			if code := map[bool]int{true: 0, false: 5}[reads == services]; exitCode(err) != code {
				t.Errorf("ended with %v, want exit status %d", err, code)
			}
			evictions := "no evictions"
			if backend == "pku" {
				evictions = "evictions"
			}
			for i := range services {
				if says := fmt.Sprintf("%s reads %d, %s\n", name(i), reads, evictions); !strings.Contains(string(out), says) {
					t.Errorf("it does not say %q", says)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
	r := start(t, config)
	out, err := r.hostCommand("none", append(words, "one-more=ring.so")...).CombinedOutput()
	if exitCode(err) != 2 || !strings.Contains(string(out), "at most 15 services, which leaves out one-more") {
		t.Errorf("%v\n%s", err, out)
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return map[bool]int{true: 0, false: -1}[err == nil]
}
