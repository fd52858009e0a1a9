package csdk_test

import (
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// bare is the daemon's end of one attachment and its pages, without a policy engine: front is in
// domain 0, vault in domain 1.
type bare struct {
	*rig   // for its spawning only
	policy *page.Policy
	stats  *page.StatsReader
	reads  chan *wire.Violation
}

// permit is what front may do to vault, if nothing else is said.
var permit = page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: 1<<32 - 1}

func bareDaemon(t testing.TB) *bare {
	t.Helper()
	b := &bare{rig: &rig{t: t, path: filepath.Join(t.TempDir(), "s")}, reads: make(chan *wire.Violation, 1000)}
	var err error
	if b.policy, err = page.NewPolicy(2); err != nil {
		t.Fatal(err)
	}
	if b.stats, err = page.NewStats(2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.policy.Close(); b.stats.Close() })
	b.publish(page.Wall{}, page.Wall{}, permit)
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: b.path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { b.serve(l) })
	t.Cleanup(func() { l.Close(); served.Wait() }) // the process, which is killed before, is what it serves
	return b
}

// publish says how the walls of both domains are, and what front may do.
func (b *bare) publish(front, vault page.Wall, entries ...page.Entry) {
	b.t.Helper()
	if _, err := b.policy.Publish(page.Table{
		{ID: 1, Level: 2, State: page.InService, Wall: front, Entries: entries},
		{ID: 2, Level: 2, State: page.InService, Wall: vault, Entries: []page.Entry{{Target: 0, Flags: page.Permit, Operations: 1<<32 - 1}}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bare) serve(l *net.UnixListener) {
	socket, err := l.AcceptUnix()
	if err != nil {
		return
	}
	c := wire.NewConn(socket)
	defer c.Close()
	bell, err := shm.NewBell("doorbell")
	if err != nil {
		b.t.Error(err)
		return
	}
	defer bell.Close()
	if _, _, err := c.Receive(); err != nil {
		b.t.Error(err)
		return
	}
	hosted := []wire.Hosted{{Service: "front", Domain: "a", DomainID: 1, Level: 2}, {Service: "vault", Domain: "b", DomainID: 2, Level: 2}}
	if err := c.SendFiles(&wire.Welcome{Attachment: 1, Hosted: hosted}, wire.Files{b.policy.File(), b.stats.File(), bell}); err != nil {
		b.t.Error(err)
		return
	}
	for {
		m, _, err := c.Receive()
		if err != nil {
			return
		}
		if v, is := m.(*wire.Violation); is {
			b.reads <- v
		}
	}
}

func (b *bare) reported() *wire.Violation {
	b.t.Helper()
	var v *wire.Violation
	select {
	case v = <-b.reads:
	case <-time.After(patience):
		b.t.Fatal("no violation was reported")
	}
	return v
}

// wants compares the counters of calls from front to vault that are not 0.
func (b *bare) wants(want map[page.Counter]uint64) {
	b.t.Helper()
	got := map[page.Counter]uint64{}
	for i, n := range b.stats.Cell(0, 1) {
		if n != 0 {
			got[page.Counter(i)] = n
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("counters %v, want %v", got, want)
	}
}

// bareNode spawns the program node.
func (b *bare) node(backend string) *process {
	p := startProgram(b.t, program(b.t, "node"), b.path, backend)
	p.wants("ready")
	return p
}

var onlyOperation0 = page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: 1}

func TestPermissive(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		b := bareDaemon(t)
		permissive := page.Wall{Manner: page.Permissive}
		b.publish(permissive, page.Wall{}, onlyOperation0)
		p := b.node(backend)
		p.expect("call read 2", ok+"6") // operation 0
		p.expect("call echo 3", ok+"101")
		if v := b.reported(); v.Kind != wire.OperationDenied || v.Outcome != wire.Tolerated {
			t.Errorf("violation %+v", v)
		}
		b.wants(map[page.Counter]uint64{page.Permitted: 2, page.OperationDenied: 3, page.Tolerated: 3})
		b.publish(permissive, page.Wall{}) // no entry
		p.expect("call read 1", ok+"6")
		limited := permit
		limited.MaxRate = 1
		b.publish(permissive, page.Wall{}, limited)
		p.expect("call read 3", ok+"6")
		b.wants(map[page.Counter]uint64{page.Permitted: 3, page.OperationDenied: 3, page.Denied: 1, page.RateLimited: 2, page.Tolerated: 6})
		// Who calls one that is permissive is not.
		b.publish(page.Wall{}, permissive)
		p.expect("call read 1", deniedAll)
		for v := b.reported(); v.Outcome != wire.Stopped; v = b.reported() {
		}
		b.wants(map[page.Counter]uint64{page.Permitted: 3, page.OperationDenied: 3, page.Denied: 2, page.RateLimited: 2, page.Tolerated: 6})
		if backend != "none" { // a wall is no rule
			b.publish(permissive, page.Wall{}, permit)
			p.expect("peek", "-8 0 0")
		}
		p.end()
	})
}

// TestPermissiveIsNoService: who is out of service or isolated stays so.
func TestPermissiveIsNoService(t *testing.T) {
	b := bareDaemon(t)
	p := b.node("none")
	for _, states := range [][2]page.State{{page.InService, page.OutOfService}, {page.InService, page.Isolated}, {page.Isolated, page.InService}} {
		if _, err := b.policy.Publish(page.Table{
			{ID: 1, State: states[0], Wall: page.Wall{Manner: page.Permissive}, Entries: []page.Entry{permit}},
			{ID: 2, State: states[1], Wall: page.Wall{Manner: page.Permissive}},
		}); err != nil {
			t.Fatal(err)
		}
		p.expect("call read 1", outOfService)
	}
	b.wants(map[page.Counter]uint64{page.OutOfServiceCalls: 3})
	p.end()
}

// TestSeen: what calls were is seen, which the operator learns from.
func TestSeen(t *testing.T) {
	b := bareDaemon(t)
	p := b.node("none")
	p.expect("call read 5", ok+"6")
	seen := b.stats.Seen(0, 1)
	if seen.Operations != 1 || seen.Longest != 0 || seen.Busiest == 0 {
		t.Errorf("of a policy without limits %+v", seen)
	}
	b.publish(page.Wall{Manner: page.Permissive}, page.Wall{}, permit)
	p.expect("dawdle - 20", ok+"0")
	p.expect("call read 1000", ok+"6")
	seen = b.stats.Seen(0, 1)
	if seen.Operations != 1|4 || seen.Longest < 20*time.Millisecond || seen.Longest > patience || seen.Busiest < 300 {
		t.Errorf("of a permissive domain %+v", seen)
	}
	b.publish(page.Wall{}, page.Wall{})
	p.expect("call echo 1", deniedAll)
	if seen = b.stats.Seen(0, 1); seen.Operations != 1|4|64 {
		t.Errorf("of a call that was refused %+v", seen)
	}
	p.end()
}

// TestGateDelay: crossings take longer, by times that differ.
func TestGateDelay(t *testing.T) {
	b := bareDaemon(t)
	p := b.node("none")
	const calls = 2000
	took := func() time.Duration {
		from := time.Now()
		p.expect(fmt.Sprint("call read ", calls), ok+"6")
		return time.Since(from)
	}
	without := took()
	for _, walls := range [][2]page.Wall{{{}, {GateDelay: 50000}}, {{GateDelay: 50000}, {}}} {
		b.publish(walls[0], walls[1], permit)
		// Two crossings each, of 25 µs on average: 100 ms. Half of that is beyond all doubt.
		if with := took(); with < without/2+50*time.Millisecond {
			t.Errorf("%d calls took %v, and without delays %v", calls, with, without)
		}
	}
	p.expect("spread - 200", ok+"1")
	p.end()
}
