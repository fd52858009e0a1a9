package enforcement_test

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestLyingViolations: who reports what it cannot know is thrown out, and
// nothing is taken in.
func TestLyingViolations(t *testing.T) {
	good := wire.Violation{Kind: wire.TransitionDenied, Severity: wire.Moderate, Source: 0, Target: 1, Operation: wire.NoOperation, Occurrences: 1}
	for name, lie := range map[string]func(*wire.Violation){
		"service":      func(v *wire.Violation) { v.Service = 2 },
		"source":       func(v *wire.Violation) { v.Source = 2 },
		"target":       func(v *wire.Violation) { v.Target = 1023 },
		"daemon's own": func(v *wire.Violation) { v.Kind = wire.AttachRefused },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			c := r.joinReady(hello("front", "vault"))
			v := good
			lie(&v)
			if err := c.Send(&v); err != nil {
				t.Fatal(err)
			}
			c.wantClosed()
			r.eventually("the liar to be gone", func() bool { return !r.service("front").GetAttached() })
			if n := len(r.engine.Violations()); n != 0 || *r.service("front").Counters.Violations != 0 {
				t.Errorf("%d violations were taken in", n)
			}
			r.joinReady(hello("front", "vault"))
		})
	}
}

// TestOperationOutOfRange: an operation that nobody registered has no name.
func TestOperationOutOfRange(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	if err := c.Send(&wire.Violation{Kind: wire.OperationDenied, Severity: wire.Minor, Target: 1, Operation: 31, Occurrences: 1}); err != nil {
		t.Fatal(err)
	}
	if v := r.violation(); v.Operation != "" || v.Target != "b" {
		t.Errorf("reported was %+v", v)
	}
}

// TestCountersThatLie: what falls or leaps is not counted, and what others count
// is not touched.
func TestCountersThatLie(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	cell := c.stats.Cell(0, 1)
	for i, step := range []struct{ written, want uint64 }{
		{100, 100},
		{10, 100},      // fell
		{60, 100},      // grows where it was already
		{120, 120},     // beyond
		{1 << 50, 120}, // leapt
		{1<<50 + 3, 123},
		{0, 123},
		{^uint64(0), 123},
	} {
		cell.AddN(page.Permitted, step.written-cell.Load(page.Permitted))
		if got := *r.transition("a", "b").Permitted; got != step.want {
			t.Errorf("step %d: the page says %d, counted are %d, want %d", i, step.written, got, step.want)
		}
	}
	c.stats.Lost(1 << 60)
	if got := *r.service("front").Counters.LostReports; got != 0 {
		t.Errorf("%d reports lost", got)
	}
}

// TestDoorbellFlood: a process that rings without end, and that made its
// doorbell one that reads wait for, keeps nobody from leaving or attaching.
func TestDoorbellFlood(t *testing.T) {
	r := start(t)
	before := runtime.NumGoroutine()
	c := r.joinReady(hello("front"))
	if _, err := unix.FcntlInt(c.bell.Fd(), unix.F_SETFL, 0); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		one := binary.LittleEndian.AppendUint64(nil, 1)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = unix.Write(int(c.bell.Fd()), one)
			}
		}
	}()
	for range 20 {
		other := r.joinReady(hello("vault"))
		r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = OUT_OF_SERVICE")
		r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = IN_SERVICE")
		other.leave()
	}
	close(stop)
	<-stopped
	// Empty and blocking: a read would wait for ever.
	_ = unix.SetNonblock(int(c.bell.Fd()), true)
	_, _ = unix.Read(int(c.bell.Fd()), make([]byte, 8))
	_ = unix.SetNonblock(int(c.bell.Fd()), false)
	time.Sleep(10 * time.Millisecond)
	_ = c.Close()
	r.eventually("the flooder to be gone", func() bool { return !r.service("front").GetAttached() })
	r.eventually("its goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

// TestDoorbellRings: a ring makes counters news at once.
func TestDoorbellRings(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	for i := range 3 {
		for len(r.engine.Changed()) > 0 {
			<-r.engine.Changed()
		}
		c.stats.Cell(0, 1).Add(page.Denied)
		r.eventually("the doorbell to be answered", c.stats.Ring)
		shm.Ring(c.bell)
		select {
		case <-r.engine.Changed():
		case <-time.After(patience):
			t.Fatalf("ring %d was not heard", i)
		}
	}
}

func TestGarbage(t *testing.T) {
	r := start(t)
	for name, packets := range map[string]func() []byte{
		"random": func() []byte { b := make([]byte, 300); _, _ = rand.Read(b); return b },
		"short":  func() []byte { return []byte{0x57} },
		"huge":   func() []byte { return make([]byte, wire.MaxMessage+10) },
		"no hello": func() []byte {
			b, _ := wire.Encode(&wire.Ready{}, 1)
			return b
		},
		"hello out of sequence": func() []byte {
			b, _ := wire.Encode(hello("front"), 7)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("unixpacket", r.path)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(packets()); err != nil {
				t.Fatal(err)
			}
			wantEnd(t, conn)
		})
	}
	c := r.joinReady(hello("front"))
	if err := c.Send(hello("front")); err != nil { // a second Hello
		t.Fatal(err)
	}
	c.wantClosed()
}

func wantEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 100)); n != 0 || err == nil || os.IsTimeout(err) {
		t.Errorf("read %d bytes, %v; want the end of the connection", n, err)
	}
}

// TestHalfOpenAndSlow: connections that say nothing, and one that takes its
// time, are in nobody's way.
func TestHalfOpenAndSlow(t *testing.T) {
	r := start(t)
	for range 100 {
		conn, err := net.Dial("unixpacket", r.path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	slow, err := wire.Dial(t.Context(), r.path)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	honest := r.joinReady(hello("front"))
	time.Sleep(100 * time.Millisecond)
	if err := slow.Send(hello("vault")); err != nil {
		t.Fatal(err)
	}
	if m, files, err := slow.Receive(); err != nil {
		t.Error(err)
	} else if _, ok := m.(*wire.Welcome); !ok {
		t.Errorf("the slow one got %+v", m)
	} else {
		files.Close()
	}
	honest.leave()
	r.joinReady(hello("front"))
}

// TestFloodOfOneUserIsBounded: more connections than a user may have waiting are
// closed, and leave room again when they end.
func TestFloodOfOneUserIsBounded(t *testing.T) {
	r := start(t)
	const flood = 200
	conns := make([]net.Conn, flood)
	ends := make(chan error, flood)
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("unixpacket", r.path); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := conns[i].Read(make([]byte, 1))
			ends <- err
		}()
	}
	for range flood - 128 {
		if err := <-ends; err != io.EOF {
			t.Errorf("a connection too many ended with %v", err)
		}
	}
	for _, c := range conns {
		c.Close()
	}
	r.eventually("room for others", func() bool {
		conn, m, _, err := say(r.path, hello("front"))
		if err != nil {
			return false
		}
		defer conn.Close()
		_, welcome := m.(*wire.Welcome)
		return welcome
	})
}

// TestPingFlood: a process that asks without reading the answers loses its
// connection, or is made to wait; either way alone.
func TestPingFlood(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front"))
	sent := 0
	for ; sent < 50_000; sent++ {
		if err := c.Send(&wire.Ping{Token: uint64(sent)}); err != nil {
			break
		}
	}
	if sent == 50_000 {
		t.Error("nothing slowed the flood")
	}
	r.joinReady(hello("vault"))
}

// TestNothingLeaks attaches and leaves 200 times.
func TestNothingLeaks(t *testing.T) {
	r := start(t)
	cycle := func() {
		c := r.join(hello("front", "vault"))
		if err := c.Send(&wire.Ready{}); err != nil {
			t.Fatal(err)
		}
		c.leave()
	}
	cycle()
	r.eventually("the first to be gone", func() bool { return !r.service("front").GetAttached() })
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 200 {
		cycle()
	}
	r.eventually("the last to be gone", func() bool {
		return runtime.NumGoroutine() <= goroutines && openFiles(t) <= files
	})
	if got := *r.service("front").Counters.Attaches; got != 201 {
		t.Errorf("%d attachments were counted", got)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestViolationsWithoutReader: what nobody takes is dropped, newest first, and
// counted.
func TestViolationsWithoutReader(t *testing.T) {
	r := start(t)
	id := identity(t)
	session, refused := r.engine.Join(id, hello("front", "vault"))
	if refused != nil {
		t.Fatal(refused)
	}
	defer session.Leave()
	const reports = 5000
	for i := range reports {
		if err := session.Violation(&wire.Violation{Kind: wire.RateExceeded, Severity: wire.Minor, Target: 1, Operation: wire.NoOperation, Occurrences: 1, ThreadID: uint32(i)}); err != nil {
			t.Fatal(err)
		}
	}
	waiting := len(r.engine.Violations())
	counters := r.service("front").Counters
	if *counters.Violations != reports || *counters.LostReports != reports-uint64(waiting) || waiting == reports {
		t.Errorf("%d wait, counters say %d violations and %d lost", waiting, *counters.Violations, *counters.LostReports)
	}
	for i := range waiting {
		if v := <-r.engine.Violations(); v.ThreadID != uint32(i) {
			t.Fatalf("violation %d is number %d", i, v.ThreadID)
		}
	}
}

// TestHistoriesAreBounded: attachments that end leave only so much behind.
func TestHistoriesAreBounded(t *testing.T) {
	r := start(t)
	id := identity(t)
	var lines []string
	h := hello()
	for i := range 64 {
		name := fmt.Sprintf("s%d", i)
		lines = append(lines, viewtest.Domain(name, 10+i)...)
		lines = append(lines, viewtest.Service(name, name, os.Getuid())...)
		h.Services = append(h.Services, wire.Service{Name: name})
	}
	r.commit(lines...)
	for range 40 {
		session, refused := r.engine.Join(id, h)
		if refused != nil {
			t.Fatal(refused)
		}
		session.Leave()
	}
	if got := r.engine.DepartedCells(); got == 0 || got > 1<<16 {
		t.Errorf("%d cells are kept", got)
	}
}
