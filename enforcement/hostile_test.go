package enforcement_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// harm is what a hostile process does, with the socket's path and an attachment
// to front. It goes on until it is stopped or thrown out.
type harm func(r *rig, c *client, stopped func() bool)

// campaign is what hostile processes try. TestOthersGoOn holds that nobody else
// feels it.
var campaign = map[string]harm{
	"ready":      flood(func(int) wire.Message { return &wire.Ready{} }),
	"ping":       flood(func(i int) wire.Message { return &wire.Ping{Token: uint64(i)} }),
	"violations": flood(func(i int) wire.Message { return report(uint32(i)) }),
	"hello":      flood(func(int) wire.Message { return hello("front") }),
	"doorbell":   func(_ *rig, c *client, stopped func() bool) { ringUntil(c, stopped) },
	"refused claims": connections(200, func(r *rig) {
		if conn, _, _, err := say(r.path, hello("stranger")); err == nil {
			_ = conn.Close()
		}
	}),
	"huge claims": connections(200, func(r *rig) {
		if conn, _, _, err := say(r.path, huge()); err == nil {
			_ = conn.Close()
		}
	}),
	"silence": connections(100, func(r *rig) {
		conn, err := net.Dial("unixpacket", r.path)
		if err == nil {
			r.t.Cleanup(func() { _ = conn.Close() })
		}
	}),
	"descriptors": connections(200, func(r *rig) { sendDescriptors(r.path) }),
	"counters": func(_ *rig, c *client, stopped func() bool) {
		for n := uint64(1); !stopped(); n = n*6364136223846793005 + 1442695040888963407 {
			c.stats.Cell(0, 0).AddN(page.Counter(n%page.Counters), n)
			c.stats.Lost(n)
			if c.stats.Ring() {
				shm.Ring(c.bell)
			}
		}
	},
}

// flood sends messages as fast as they are taken.
func flood(message func(int) wire.Message) harm {
	return func(_ *rig, c *client, stopped func() bool) {
		for i := 0; !stopped(); i++ {
			if err := c.Send(message(i)); err != nil {
				return
			}
		}
	}
}

// connections connects n times.
func connections(n int, one func(*rig)) harm {
	return func(r *rig, _ *client, stopped func() bool) {
		for i := 0; i < n && !stopped(); i++ {
			one(r)
		}
	}
}

func report(thread uint32) *wire.Violation {
	return &wire.Violation{Kind: wire.RateExceeded, Severity: wire.Minor, Operation: wire.NoOperation, ThreadID: thread, Occurrences: 1}
}

// huge is the greatest claim that there can be.
func huge() *wire.Hello {
	h := hello()
	for i := range wire.MaxServices {
		h.Services = append(h.Services, wire.Service{Name: fmt.Sprintf("%058d", i)})
	}
	return h
}

func ringUntil(c *client, stopped func() bool) {
	for !stopped() {
		_, _ = unix.Write(int(c.bell.Fd()), []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// sendDescriptors sends as many as one packet can have.
func sendDescriptors(path string) {
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		return
	}
	defer conn.Close()
	fds := make([]int, 253) // SCM_MAX_FD of unix(7)
	for i := range fds {
		fds[i] = int(os.Stdin.Fd())
	}
	b, _ := wire.Encode(hello("stranger"), 1)
	_, _, _ = conn.WriteMsgUnix(b, unix.UnixRights(fds...), nil)
	_, _ = conn.Read(make([]byte, 1))
}

// TestOthersGoOn holds that, whatever one process does, another attaches, its
// violations are told, and commits reach its gates; and that afterwards the daemon
// has no more descriptors open than before.
func TestOthersGoOn(t *testing.T) {
	for name, harm := range campaign {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			before := openFiles(t)
			c := r.joinReady(hello("front"))
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				harm(r, c, func() bool {
					select {
					case <-stop:
						return true
					default:
						return false
					}
				})
			}()
			for i := range uint32(2) {
				r.goesOn(i)
			}
			close(stop)
			_ = c.Close()
			<-done
			c.leave()
			if name != "silence" { // whose connections are this process's own
				r.eventually("everything to be closed", func() bool { return openFiles(t) <= before })
			}
		})
	}
}

// goesOn does what an honest process and an operator do.
func (r *rig) goesOn(thread uint32) {
	r.t.Helper()
	vault := r.patiently("vault")
	v := report(1000 + thread)
	if err := vault.Send(v); err != nil {
		r.t.Fatal(err)
	}
	for v := r.violation(); v.Service != "vault" || v.ThreadID != 1000+thread; v = r.violation() {
	}
	state := viewtest.Entry("domain", "b") + "/config/administrative-state = "
	epoch := vault.policy.Epoch()
	r.commit(state + "OUT_OF_SERVICE")
	r.commit(state + "IN_SERVICE")
	if got := vault.policy.Epoch(); got != epoch+2 {
		r.t.Errorf("two commits made epoch %d of %d", got, epoch)
	}
	vault.leave()
	r.eventually("vault to be free", func() bool { return !r.engine.Claimed("vault") })
}

// patiently attaches as an SDK does, which tries again when the user it shares
// with the hostile process has too many connections waiting.
func (r *rig) patiently(service string) (c *client) {
	r.t.Helper()
	r.eventually(service+" to attach", func() bool {
		conn, m, files, err := say(r.path, hello(service))
		if err != nil {
			return false
		}
		if _, welcome := m.(*wire.Welcome); !welcome {
			_ = conn.Close()
			return false
		}
		c = r.settle(conn, m.(*wire.Welcome), files)
		return true
	})
	if err := c.Send(&wire.Ready{}); err != nil {
		r.t.Fatal(err)
	}
	r.eventually(service+" to be attached", func() bool { return r.service(service).GetAttached() })
	return c
}

// TestDescriptorsAreNotTaken: the daemon ends the connection of who sends it
// descriptors.
func TestDescriptorsAreNotTaken(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front"))
	b, err := wire.Encode(&wire.Ping{Token: 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Socket().WriteMsgUnix(b, unix.UnixRights(int(os.Stdin.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	c.wantClosed()
}

// TestQuietOnesAreHeard: a process that fills the backlog with its reports leaves
// room for those of others, until they do the same.
func TestQuietOnesAreHeard(t *testing.T) {
	r := start(t)
	loud, quiet := r.enter(identity(t), hello("front")), r.enter(identity(t), hello("vault"))
	defer loud.Leave()
	defer quiet.Leave()
	for i := range uint32(10_000) {
		if err := loud.Violation(report(i)); err != nil {
			t.Fatal(err)
		}
	}
	if waiting := len(r.engine.Violations()); waiting < 2048 {
		t.Fatalf("only %d reports wait: nobody could be kept out", waiting)
	}
	if err := quiet.Violation(report(0)); err != nil {
		t.Fatal(err)
	}
	for len(r.engine.Violations()) > 1 {
		<-r.engine.Violations()
	}
	if v := <-r.engine.Violations(); v.Service != "vault" {
		t.Errorf("the last report is of %s", v.Service)
	}
	if lost := *r.service("vault").Counters.LostReports; lost != 0 {
		t.Errorf("%d reports of the quiet one are lost", lost)
	}
}

// TestRefusalsAreSummed: of many refusals the first is reported at once, the others
// together; every one is counted.
func TestRefusalsAreSummed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const refusals = 100
		r := &rig{t: t, engine: enforcement.New(slog.New(slog.DiscardHandler)), config: tree.New(viewtest.Set(t))}
		r.commitTree(node(t))
		for range refusals {
			if _, refused := r.engine.Join(identity(t), hello("front", "stranger")); refused == nil {
				t.Fatal("a stranger was let in")
			}
		}
		if first := r.violation(); first.Occurrences != 1 || len(r.engine.Violations()) != 0 {
			t.Errorf("at once came %+v and %d more", first, len(r.engine.Violations()))
		}
		time.Sleep(2 * time.Second)
		if others := r.violation(); others.Occurrences != refusals-1 || others.Service != "stranger" {
			t.Errorf("then came %+v", others)
		}
		time.Sleep(5 * time.Second)
		if n := len(r.engine.Violations()); n != 0 {
			t.Errorf("then came %d", n)
		}
		if _, refused := r.engine.Join(identity(t), hello("stranger")); refused == nil {
			t.Fatal("a stranger was let in")
		}
		if again := r.violation(); again.Occurrences != 1 {
			t.Errorf("later came %+v", again)
		}
		time.Sleep(2 * time.Second) // no timer is left
	})
}

// TestPlacesAreFreed: who stays too long in a place where processes are looked at
// keeps nobody else out, and leaves it once.
func TestPlacesAreFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := make(chan struct{}, 1)
		stuck := enforcement.Occupy(places)
		start := time.Now()
		second := enforcement.Occupy(places)
		if waited := time.Since(start); waited == 0 || waited > 10*time.Second {
			t.Errorf("the second waited %v", waited)
		}
		stuck()
		if len(places) != 1 {
			t.Error("the place of the second is free")
		}
		second()
		if len(places) != 0 {
			t.Error("the place is not free")
		}
		enforcement.Occupy(places)()
		time.Sleep(time.Minute) // no timer is left
	})
}

// TestAttachingWithoutEnd: a service that attaches over and over comes to an end,
// and hinders no other.
func TestAttachingWithoutEnd(t *testing.T) {
	r := start(t, (*enforcement.Engine).Hurry)
	var refused *wire.Refused
	for i := 0; refused == nil; i++ {
		session, no := r.engine.Join(identity(t), hello("front"))
		if refused = no; refused == nil {
			session.Leave()
		}
		if i == 2000 {
			t.Fatal("nothing ends it")
		}
	}
	if refused.Code != wire.RefusedLimit {
		t.Errorf("it ended with %v", refused)
	}
	r.joinReady(hello("vault"))
}

// TestReadyOnce: a process is examined once, however often it is ready.
func TestReadyOnce(t *testing.T) {
	r := start(t)
	examined := r.engine.CountExaminations()
	session := r.enter(identity(t), walled(mpk.HardwareRegion, "front"))
	defer session.Leave()
	for range 10 {
		if refused := session.Ready(); refused != nil {
			t.Error(refused)
		}
	}
	if *examined != 1 {
		t.Errorf("it was examined %d times", *examined)
	}
}

// TestNotReadyCountsNothing: of a process that was welcomed, but is not ready,
// nothing is counted, whatever its page says.
func TestNotReadyCountsNothing(t *testing.T) {
	r := start(t)
	c := r.join(hello("front", "vault"))
	c.stats.Cell(0, 1).AddN(page.Permitted, 5)
	if got := r.transition("a", "b"); got != nil {
		t.Errorf("counted are %+v", got)
	}
}
