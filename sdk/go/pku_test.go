package waveguard_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// needPKU skips where there are no protection keys, and fails where there
// must be.
func needPKU(t *testing.T) {
	t.Helper()
	_, err := mpk.Open(mpk.KindPKU)
	if err == nil {
		return
	}
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Fatalf("the virtual machine has no protection keys: %v", err)
	}
	t.Skip("needs PKU: make vm-test")
}

func TestPKUIsWhatTheHostUses(t *testing.T) {
	needPKU(t)
	s := startNode(t, nil).Status()
	if s.Backend != mpk.KindPKU || s.Strength != mpk.HardwareRegion || s.Keys != 15 {
		t.Errorf("status %+v, want PKU with 15 keys", s)
	}
}

// TestPKUWallsAreOfTheThread: while one thread is inside, others see nothing
// of its regions. With mprotect they would.
func TestPKUWallsAreOfTheThread(t *testing.T) {
	needPKU(t)
	n := startNode(t, nil)
	secret := newRegion(t, n, "key-store", 1)
	n.run(t, "key-store", func(*waveguard.Thread) error {
		var group sync.WaitGroup
		for range 8 { // new threads too: the runtime must not clone this one
			group.Go(func() {
				runtime.LockOSThread() // ends the thread with the goroutine
				if !refused(secret.Bytes()) {
					t.Error("a goroutine in no domain read the region")
				}
			})
		}
		group.Go(func() {
			err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error {
				sink = secret.Bytes()[0]
				return nil
			})
			var fault *waveguard.Fault
			if !errors.As(err, &fault) {
				t.Errorf("a thread in another domain got %v, want a *Fault", err)
			}
		})
		group.Wait()
		secret.Bytes()[0]++
		runtime.GC()
		secret.Bytes()[0]++
		return nil
	})
}

// TestPKUThreadsAreNotExchanged uses a Thread on a goroutine that it does not
// belong to: the gate must refuse, or it would change the rights of a thread
// that nobody brings back.
func TestPKUThreadsAreNotExchanged(t *testing.T) {
	needPKU(t)
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		done := make(chan error)
		go func() {
			_, err := th.Call("key-store", "b", 1)
			done <- err
		}()
		if err := <-done; !errors.Is(err, mpk.ErrRights) {
			t.Errorf("call from another goroutine: %v, want ErrRights", err)
		}
		err := n.Service("key-store").Run(t.Context(), nil)
		if !errors.Is(err, mpk.ErrRights) {
			t.Errorf("Run inside Run: %v, want ErrRights", err)
		}
		_, err = th.Call("key-store", "b", 1)
		return err
	})
}

// TestPKUGatesUnderPreemption keeps more threads in gates than there are
// processors, with collections going on, and checks every access.
func TestPKUGatesUnderPreemption(t *testing.T) {
	needPKU(t)
	var secret *waveguard.Region
	n := startNode(t, handlers{"key-store": {{Name: "count", Handler: func(*waveguard.Thread, any) (any, error) {
		for range 2000 {
			secret.Bytes()[0]++
		}
		return nil, nil
	}}}})
	secret = newRegion(t, n, "key-store", 1)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			err := n.Service("dashboard").Run(t.Context(), func(th *waveguard.Thread) error {
				for range 30 {
					if _, err := th.Call("key-store", "count", nil); err != nil {
						return err
					}
					if !refused(secret.Bytes()) {
						return errors.New("dashboard read the region after a call")
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 5 {
		runtime.GC()
	}
	group.Wait()
}

// TestPKUMoreDomainsThanKeys hosts more services than there are hardware keys, and
// has them call each other in a circle that nests.
func TestPKUMoreDomainsThanKeys(t *testing.T) {
	needPKU(t)
	const services = 40
	names := make([]string, services)
	for i := range names {
		names[i] = fmt.Sprintf("service-%02d", i)
	}
	regions := make([]*waveguard.Region, services)
	own := func(i int) error {
		regions[i].Bytes()[0]++
		for _, other := range []int{1, 7, services - 1} {
			if !refused(regions[(i+other)%services].Bytes()) {
				return fmt.Errorf("%s read the region of another service", names[i])
			}
		}
		return nil
	}
	var config waveguard.Config
	domains := map[string]string{}
	for i, name := range names {
		domains[name] = "domain-of-" + name
		config.Services = append(config.Services, waveguard.ServiceSpec{Name: name, Operations: []waveguard.Operation{{
			Name: "pass-on",
			Handler: func(th *waveguard.Thread, arg any) (any, error) {
				if err := own(i); err != nil || arg == 0 {
					return nil, err
				}
				if _, err := th.Call(names[(i+3)%services], "pass-on", arg.(int)-1); err != nil {
					return nil, err
				}
				return nil, own(i) // back in a domain that may have been parked meanwhile
			},
		}}})
	}
	d := startDaemon(t, domains)
	d.publish(permitAll(services))
	config.Socket = d.path
	n, err := waveguard.Attach(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for i, name := range names {
		if regions[i], err = n.Service(name).NewRegion(1); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for i := range services { // each with a thread of its own that waits outside
		group.Go(func() {
			err := n.Service(names[i]).Run(t.Context(), func(th *waveguard.Thread) error {
				for range 5 {
					if err := th.Outside(func() error {
						if !refused(regions[i].Bytes()) {
							return errors.New("a region is open outside")
						}
						if _, err := th.Call(names[i], "pass-on", 0); !errors.Is(err, waveguard.ErrClosed) {
							return fmt.Errorf("a call from outside: %v", err)
						}
						return nil
					}); err != nil {
						return err
					}
					if _, err := th.Call(names[(i+1)%services], "pass-on", 10); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", names[i], err)
			}
		})
	}
	group.Wait()
}

// keyStats are those of the process's keys.
func keyStats(t *testing.T) keys.Stats {
	t.Helper()
	b, err := mpk.Open(mpk.KindPKU)
	if err != nil {
		t.Fatal(err)
	}
	return b.(interface{ KeyStats() keys.Stats }).KeyStats()
}

// pinning is permitAll with some domains pinned.
func pinning(domains ...int) page.Table {
	table := permitAll(nodeHosts)
	for _, d := range domains {
		table[d].Wall.Manner |= page.Pinned
	}
	return table
}

// TestPKUPinsFollowPolicy pins and unpins domains while the process runs.
func TestPKUPinsFollowPolicy(t *testing.T) {
	needPKU(t)
	n := startNode(t, handlers{"key-store": {echo("b")}})
	newRegion(t, n, "key-store", 1)
	for _, step := range [][]int{{keyStore}, {keyStore, dashboard}, {dashboard}, {}} {
		n.daemon.publish(pinning(step...))
		n.run(t, "dashboard", func(th *waveguard.Thread) error {
			_, err := th.Call("key-store", "b", 1)
			return err
		})
		if got := keyStats(t).Pinned; got != len(step) {
			t.Errorf("with %v pinned by policy, %d are", step, got)
		}
		if s := n.Status(); len(s.Unpinned) != 0 || len(s.Sealed) != 0 {
			t.Errorf("status %+v", s)
		}
	}
}

// TestPKUTooManyPins: the excess is told of, and treated as if it was not pinned.
func TestPKUTooManyPins(t *testing.T) {
	needPKU(t)
	const services = 20
	domains, config := map[string]string{}, waveguard.Config{}
	table := permitAll(services)
	for i := range services {
		name := fmt.Sprintf("service-%02d", i)
		domains[name] = "domain-of-" + name
		config.Services = append(config.Services, waveguard.ServiceSpec{Name: name, Operations: []waveguard.Operation{echo("b")}})
		table[i].Wall.Manner = page.Pinned
	}
	d := startDaemon(t, domains)
	d.publish(table)
	config.Socket = d.path
	n, err := waveguard.Attach(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	callAll := func() {
		t.Helper()
		for _, s := range config.Services {
			if err := n.Service(s.Name).Run(t.Context(), func(th *waveguard.Thread) error {
				for _, other := range config.Services {
					if _, err := th.Call(other.Name, "b", 1); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
	}
	callAll()
	stats := keyStats(t)
	if got := n.Status().Unpinned; stats.Pinned != stats.Keys-1 || len(got) != services-stats.Pinned {
		t.Errorf("%d of %d keys are pinned, too many are %q", stats.Pinned, stats.Keys, got)
	}
	last := n.Status().Unpinned[0]
	for i := range 3 {
		table[i].Wall.Manner = 0
	}
	d.publish(table)
	callAll()
	if s := n.Status(); len(s.Unpinned) != services-stats.Pinned-3 || slices.Contains(s.Unpinned, last) || keyStats(t).Pinned != stats.Pinned {
		t.Errorf("after three were unpinned, too many are %q, %d are pinned", s.Unpinned, keyStats(t).Pinned)
	}
}

// TestPKUHandlersThatUnlockTheirThread: a handler that takes back a lock it did not set
// does not hand its rights to other goroutines.
func TestPKUHandlersThatUnlockTheirThread(t *testing.T) {
	needPKU(t)
	var secret *waveguard.Region
	n := startNode(t, handlers{"key-store": {{Name: "unlock", Handler: func(*waveguard.Thread, any) (any, error) {
		runtime.UnlockOSThread()
		runtime.UnlockOSThread()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if !refused(secret.Bytes()) {
					t.Error("another goroutine has the rights of the handler")
				}
			})
			runtime.Gosched()
			secret.Bytes()[0]++
		}
		group.Wait()
		return nil, nil
	}}}})
	secret = newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for range 3 {
			if _, err := th.Call("key-store", "unlock", nil); err != nil {
				return err
			}
		}
		if !refused(secret.Bytes()) {
			t.Error("the caller has the rights of the handler")
		}
		return nil
	})
	if !refused(secret.Bytes()) {
		t.Error("the rights outlive Run")
	}
}

// TestPKUSignalsInsideGates sends signals to a thread inside: the program's handler is
// called, and the thread's rights are what they were.
func TestPKUSignalsInsideGates(t *testing.T) {
	needPKU(t)
	const signals = 200
	got := make(chan os.Signal, signals)
	signal.Notify(got, unix.SIGUSR1)
	defer signal.Stop(got)
	var secret *waveguard.Region
	n := startNode(t, handlers{"key-store": {{Name: "interrupted", Handler: func(*waveguard.Thread, any) (any, error) {
		for range signals {
			if err := unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGUSR1); err != nil {
				return nil, err
			}
			secret.Bytes()[0]++
		}
		return nil, nil
	}}}})
	secret = newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if _, err := th.Call("key-store", "interrupted", nil); err != nil {
			return err
		}
		if !refused(secret.Bytes()) {
			t.Error("the caller has the rights of the handler")
		}
		return nil
	})
	<-got
}

// TestPKUProgramsStartedInside begin with no rights but the usual, and the thread that
// starts them keeps its own.
func TestPKUProgramsStartedInside(t *testing.T) {
	needPKU(t)
	const marker = "WAVEGUARD_TEST_STARTED_INSIDE"
	var secret *waveguard.Region
	n := startNode(t, handlers{"key-store": {{Name: "start", Handler: func(*waveguard.Thread, any) (any, error) {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestPKUProgramsStartedInside$")
		cmd.Env = append(os.Environ(), marker+"=1")
		out, err := cmd.CombinedOutput()
		secret.Bytes()[0]++
		return string(out), err
	}}}})
	if os.Getenv(marker) != "" {
		return // needPKU opened the keys: that fails if any is open at the start
	}
	secret = newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		out, err := th.Call("key-store", "start", nil)
		if err != nil {
			t.Errorf("%v: %v", err, out)
		}
		return nil
	})
}

// TestPKUPanicsThroughNestedGates: at each step back the thread has the rights of the
// domain it is back in, and of no other.
func TestPKUPanicsThroughNestedGates(t *testing.T) {
	needPKU(t)
	regions := map[string]*waveguard.Region{}
	only := func(where string) {
		t.Helper()
		for name, r := range regions {
			if refused(r.Bytes()) != (name != where) {
				t.Errorf("in %s, the region of %s is refused: %v", where, name, name == where)
			}
		}
	}
	n := startNode(t, handlers{
		"key-store": {{Name: "end", Handler: func(_ *waveguard.Thread, arg any) (any, error) {
			only("key-store")
			if arg == "exit" {
				runtime.Goexit()
			}
			panic(arg)
		}}},
		"monitoring": {{Name: "relay", Handler: func(th *waveguard.Thread, arg any) (any, error) {
			defer only("monitoring")
			_, err := th.Call("key-store", "end", arg)
			var caught *waveguard.PanicError
			if !errors.As(err, &caught) || caught.Value != arg {
				t.Errorf("the relay gets %v", err)
			}
			only("monitoring")
			panic(err)
		}}},
	})
	for _, name := range []string{"key-store", "monitoring", "dashboard"} {
		regions[name] = newRegion(t, n, name, 1)
	}
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		_, err := th.Call("monitoring", "relay", "boom")
		var caught *waveguard.PanicError
		if !errors.As(err, &caught) || caught.Operation != "monitoring/relay" {
			t.Errorf("the caller gets %v", err)
		}
		only("dashboard")
		return nil
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer only("")
		_ = n.Service("dashboard").Run(t.Context(), func(th *waveguard.Thread) error {
			defer only("dashboard")
			_, err := th.Call("monitoring", "relay", "exit")
			t.Errorf("after Goexit, Call returned %v", err)
			return err
		})
	}()
	<-done
	n.run(t, "dashboard", func(*waveguard.Thread) error { only("dashboard"); return nil })
}
