package csdk_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// The statuses of waveguard.h that the programs print.
const (
	ok           = "0 0 "
	deniedAll    = "0 -9 0"
	deniedOp     = "0 -10 0"
	deniedRate   = "0 -11 0"
	outOfService = "0 -12 0"
)

func onEach(t *testing.T, test func(t *testing.T, backend string)) {
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) { test(t, backend) })
	}
}

func TestGatesObeyThePolicy(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		p := r.spawn(backend)
		p.expect("call read 3", ok+"6")
		r.commit(transition("action = DENY"))
		p.expect("call read 2", deniedAll)
		if v := r.violation(); v.Kind != wire.TransitionDenied || v.Service != "front" || v.Source != "a" || v.Target != "b" || v.Operation == "" {
			t.Errorf("violation %+v", v)
		}
		r.commit(transition("action = PERMIT"), transition("operation[.='echo']"))
		p.expect("call read 1", deniedOp)
		p.expect("call echo 1", ok+"101") // vault calls itself once
		r.commit("- "+transition("operation[.='echo']"), transition("max-rate = 1"))
		p.expect("call read 9", deniedRate)
		r.commit("- "+transition("max-rate"), viewtest.Entry("domain", "b")+"/config/administrative-state = OUT_OF_SERVICE")
		p.expect("call read 1", outOfService)
		r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = IN_SERVICE")
		p.expect("call read 1", ok+"6")
		p.end()
	})
}

func TestCountersArrive(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		p := r.spawn(backend)
		p.expect("call read 1000", ok+"6")
		r.eventually("the calls to be counted", func() bool { return r.counters("a", "b").GetPermitted() == 1000 })
		r.commit(transition("max-dwell-time = 1"))
		p.expect("dawdle - 900", "0 -17 0")
		if v := r.violation(); v.Kind != wire.DwellExceeded {
			t.Errorf("violation %+v", v)
		}
		p.end()
	})
}

func TestWallsHold(t *testing.T) {
	for _, backend := range backends(t)[1:] {
		t.Run(backend, func(t *testing.T) {
			r := node(t)
			p := r.spawn(backend)
			for range 3 { // the service that was ended in a fault goes on
				p.expect("peek", "-8 0 0")
				p.expect("poke", "-8 0 0")
				p.expect("outside-peek", "0 -8 0")
				p.expect("call-peek", "0 -8 0") // vault was ended, front goes on
				p.expect("call read 1", ok+"6")
			}
			v := r.violation()
			if v.Kind != wire.ProtectionKeyFault || v.Source != "a" || v.Target != "b" || v.Address == 0 {
				t.Errorf("violation %+v", v)
			}
			p.expect("region", "0 0 1")
			p.end()
		})
	}
}

// TestOutsideAFaultIsOne: a program that touches a region outside of all dies as
// any that touches what is not there.
func TestOutsideAFaultIsOne(t *testing.T) {
	for _, backend := range backends(t)[1:] {
		p := node(t).spawn(backend)
		fmt.Fprintln(p.orders, "crash")
		if err := p.cmd.Wait(); !died(err, syscall.SIGSEGV) {
			t.Errorf("%s: %v, want a segmentation fault", backend, err)
		}
	}
}

func TestGateKeepsRegisters(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		p := node(t).spawn(backend)
		for range 3 { // the first is decided on, the others are along an edge
			p.expect("registers residue", ok+"0")
			p.expect("registers clobber", ok+"0")
		}
		p.end()
	})
}

func TestNesting(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		p := node(t).spawn(backend)
		p.expect("own", ok+"100")
		p.expect("nest - 10", ok+"110")
		p.expect("nest - 14", ok+"114")
		p.expect("nest - 30", ok+"21") // WG_E_DEPTH in the innermost of 15 levels
		p.expect("outside", ok+"11")
		for range 22 { // more in all than there can be at a time
			p.expect("threads - 12", ok+"0")
		}
		p.end()
	})
}

// TestThreadsDoNotEndInside: the next thread in the same place would have the rights.
func TestThreadsDoNotEndInside(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		p := node(t).spawn(backend)
		fmt.Fprintln(p.orders, "exit-thread")
		if err := p.cmd.Wait(); err == nil || died(err, syscall.SIGKILL) {
			t.Errorf("a thread that ends inside: %v", err)
		}
	})
}

// TestStackEnds: below a domain's stack there is nothing, and the process ends there.
func TestStackEnds(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		p := node(t).spawn(backend)
		p.expect("recurse - 20", ok+"210")
		fmt.Fprintln(p.orders, "recurse - 1000000")
		if err := p.cmd.Wait(); !died(err, syscall.SIGABRT) {
			t.Errorf("a stack that is used up: %v, want the end by SIGABRT", err)
		}
	})
}

// TestLeap: code of one domain that jumps into the frames of another is ended.
func TestLeap(t *testing.T) {
	needKeys(t)
	p := node(t).spawn("pku")
	p.expect("leap", "0 -8 0")
	p.expect("call read 1", ok+"6")
	p.end()
}

func TestSignalsWait(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		p := node(t).spawn(backend)
		p.expect("signal", ok+"1")
		p.expect("signals", ok+"1")
		fmt.Fprintln(p.orders, "send-fault") // sent by somebody, it ends the process as ever
		if err := p.cmd.Wait(); !died(err, syscall.SIGSEGV) {
			t.Errorf("a segmentation fault that was sent: %v", err)
		}
	})
}

func TestDaemonComesBack(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		p := r.spawn(backend)
		p.expect("call read 5", ok+"6")
		r.halt()
		p.expect("call read 5", ok+"6") // under the last policy
		r.boot(viewtest.Edit(t, r.config, transition("action = DENY")))
		r.eventually("the process to attach again", func() bool { return r.engine.State().Service["front"].GetAttached() })
		p.expect("call read 1", deniedAll)
		// The new daemon counts from the moment at which the process was ready, and what was
		// counted before must have been in its page by then.
		r.eventually("the refusal to be counted", func() bool { return r.counters("a", "b").GetDenied() == 1 })
		if n := r.counters("a", "b").GetPermitted(); n != 0 {
			t.Errorf("%d calls of before were carried over too late", n)
		}
		p.end()
	})
}

func TestStrengthIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		p := r.spawn(backend)
		want := map[string]mpk.Strength{"none": mpk.None, "mprotect": mpk.Mprotect, "pku": mpk.HardwareRegion}[backend]
		if got := r.engine.State().Service["front"].GetIsolationStrength().String(); got != want.String() {
			t.Errorf("strength %s, want %v", got, want)
		}
		if got := p.do("status"); !strings.HasPrefix(got, "1 ") {
			t.Errorf("status %q", got)
		}
		p.end()
	})
}

func TestMoreDomainsThanKeys(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		out, err := start(t, manyDomains(40)).run("many", backend)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Log(out)
	})
}

// manyDomains has so many services in a domain each, which may call the next and the third, by transitions with
// these leaves.
func manyDomains(services int, leaves ...string) (config []string) {
	name := func(i int) string { return fmt.Sprintf("service-%02d", i%services) }
	domain := func(i int) string { return "d-" + name(i) }
	for i := range services {
		config = slices.Concat(config, viewtest.Domain(domain(i), i+1), viewtest.Service(name(i), domain(i), os.Getuid()))
	}
	for i := range services {
		for _, next := range []string{domain(i + 1), domain(i + 3)} {
			config = append(config, viewtest.Transition(domain(i), next, "PERMIT")...)
			for _, leaf := range leaves {
				config = append(config, viewtest.Entry("transition", domain(i), next)+"/config/"+leaf)
			}
		}
	}
	return config
}

func TestRefusals(t *testing.T) {
	r := node(t)
	r.commit(viewtest.Entry("service", "vault") + "/config/uid = 4242")
	out, _ := r.run("node", "none")
	if !strings.HasPrefix(out, "refused -3 refused by the daemon") {
		t.Errorf("a process that is not what it should be: %q", out)
	}
	r.halt()
	out, _ = r.run("node", "none")
	if !strings.HasPrefix(out, "refused -2 connect to the daemon at ") {
		t.Errorf("without a daemon: %q", out)
	}
	r.boot(r.config)
	if !hasKeys(t) {
		if out, _ = r.run("node", "pku"); !strings.HasPrefix(out, "refused -5") {
			t.Errorf("keys where there are none: %q", out)
		}
	}
}

// TestHostileCode goes for the gate itself.
func TestHostileCode(t *testing.T) {
	needKeys(t)
	for _, attack := range []struct {
		args   string
		signal syscall.Signal // 0: the program ends by itself, and says
		says   string
	}{
		{args: "open-all 0", signal: syscall.SIGILL},
		{args: "open-all 1", signal: syscall.SIGILL},
		{args: "open-all 2", signal: syscall.SIGILL},
		{args: "open-all 3", signal: syscall.SIGILL},
		{args: "open-all 4", signal: syscall.SIGILL},
		{args: "open-all 5", signal: syscall.SIGILL},
		{args: "open-all 6", signal: syscall.SIGILL},
		{args: "open-key", signal: syscall.SIGILL},
		{args: "other-thread", signal: syscall.SIGILL},
		{args: "nobody 3", signal: syscall.SIGILL},
		{args: "nobody 0", signal: syscall.SIGSEGV},
		{args: "forge-state", signal: syscall.SIGILL},
		{args: "write-controller", signal: syscall.SIGABRT, says: "segmentation fault inside a domain"},
		{args: "write-state", signal: syscall.SIGABRT, says: "segmentation fault inside a domain"},
		{args: "run-inside", says: "refused -6\nended 0"},
		{args: "supervise", says: "refused -6\nended 0"},
		{args: "watch", says: "refused -6\nended 0"},
		{args: "end-myself", signal: syscall.SIGABRT, says: "a thread was ended that is over no deadline"},
		{args: "call-back", signal: syscall.SIGABRT, says: "what does not return came back to the gate"},
		{args: "return", says: "refused -1\nended 0"},
		{args: "raise", says: "ended 0"},
		{args: "bad-stack", says: "refused -16\nended 0"},
		{args: "nothing", says: "ended -8"}, // the read of another's region that all others begin with or end in
	} {
		t.Run(attack.args, func(t *testing.T) {
			out, err := node(t).run("hostile", append([]string{"pku"}, strings.Fields(attack.args)...)...)
			if attack.signal != 0 && !died(err, attack.signal) || attack.signal == 0 && err != nil {
				t.Errorf("ended with %v, want signal %v", err, attack.signal)
			}
			if !strings.Contains(out, attack.says) || strings.Contains(out, "survived") {
				t.Errorf("it says %q, want %q", out, attack.says)
			}
		})
	}
}

func died(err error, signal syscall.Signal) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status := exit.Sys().(syscall.WaitStatus)
	return status.Signaled() && status.Signal() == signal
}
