package waveguard_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/mpk"
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
