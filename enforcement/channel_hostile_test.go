package enforcement_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestWhatIsNotMapped: who says that it mapped what it was not given has a connection no more.
func TestWhatIsNotMapped(t *testing.T) {
	for name, lie := range map[string]func(*mapping) *wire.Mapped{
		"end that is not there": func(p *mapping) *wire.Mapped { return &wire.Mapped{End: 1, Generation: p.Generation} },
		"another generation":    func(p *mapping) *wire.Mapped { return &wire.Mapped{Generation: p.Generation + 1} },
		"twice":                 func(p *mapping) *wire.Mapped { return &wire.Mapped{Generation: p.Generation} },
	} {
		t.Run(name, func(t *testing.T) {
			r := startChannel(t)
			front := r.joinReady(producing("front", "samples"))
			p := front.open()
			front.quiet()
			if err := front.Send(lie(p)); err != nil {
				t.Fatal(err)
			}
			front.wantClosed()
			r.eventually("the ring to end", func() bool { return p.state() == 2 })
		})
	}
	t.Run("before Ready", func(t *testing.T) {
		r := startChannel(t)
		front := r.join(producing("front", "samples"))
		if err := front.Send(&wire.Mapped{Generation: 1}); err != nil {
			t.Fatal(err)
		}
		front.wantClosed()
	})
	t.Run("a consumer, of the producer's ring", func(t *testing.T) {
		r := startChannel(t)
		front := r.joinReady(producing("front", "samples"))
		p := front.offered()
		vault := r.joinReady(consuming("vault", "samples"))
		vault.withheld(wire.WithheldWaiting)
		if err := vault.Send(&wire.Mapped{Generation: p.Generation}); err != nil {
			t.Fatal(err)
		}
		vault.wantClosed()
	})
	t.Run("what was replaced meanwhile", func(t *testing.T) { // is no lie
		r := startChannel(t)
		front := r.joinReady(producing("front", "samples"))
		old := front.offered()
		r.commit(samples + "/config/slots = 16")
		next := front.offered()
		for _, p := range []*mapping{old, next} {
			if err := front.Send(&wire.Mapped{Generation: p.Generation}); err != nil {
				t.Fatal(err)
			}
		}
		front.quiet()
	})
	for _, m := range []wire.Message{&wire.Channel{Role: wire.Consumer, Consumers: 1, Generation: 1}, &wire.Withheld{Code: wire.WithheldWaiting, Message: "no"}} {
		t.Run(fmt.Sprintf("%T", m), func(t *testing.T) {
			r := startChannel(t)
			front := r.joinReady(hello("front"))
			if err := front.Send(m); err != nil {
				t.Fatal(err)
			}
			front.wantClosed()
		})
	}
}

// TestBellsHoldNobodyUp: a consumer that makes its bell one that waits, and fills it, does
// not hold up the commit that takes it off.
func TestBellsHoldNobodyUp(t *testing.T) {
	r := startChannel(t)
	_, _, from, to := r.pair()
	for _, bell := range []uintptr{to.files[2].Fd(), to.files[4].Fd()} {
		if err := unix.SetNonblock(int(bell), false); err != nil {
			t.Fatal(err)
		}
		full := binary.LittleEndian.AppendUint64(nil, math.MaxUint64-1)
		if _, err := unix.Write(int(bell), full); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.commit(samples + "/config/administrative-state = OUT_OF_SERVICE")
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the commit waits")
	}
	if from.state() != 2 {
		t.Error("the ring goes on")
	}
}

// TestManyEnds: a process has as many ends as there can be, each is answered, and others
// go on.
func TestManyEnds(t *testing.T) {
	r := start(t)
	var services []string
	for i := range wire.MaxEnds / wire.MaxChannels {
		name := fmt.Sprintf("s%d", i)
		services = append(services, name)
		r.commit(viewtest.Service(name, "a", unix.Getuid())...)
	}
	h := hello(services...)
	for i := range h.Services {
		for j := range wire.MaxChannels {
			name := fmt.Sprintf("c%d-%d", i, j)
			h.Services[i].Channels = append(h.Services[i].Channels, wire.End{Role: wire.Producer, Channel: name})
			r.commit(viewtest.Channel(name, services[i], "vault")...)
		}
	}
	c := r.joinReady(h)
	seen := map[uint16]bool{}
	for range wire.MaxEnds {
		p := c.open()
		seen[p.End] = true
		_ = p.files.Close()
	}
	if len(seen) != wire.MaxEnds {
		t.Errorf("%d ends are answered", len(seen))
	}
	c.quiet()
}

// TestUnreadSocket: a process that reads nothing loses its attachment, and holds up neither
// commits nor others.
func TestUnreadSocket(t *testing.T) {
	r := startChannel(t)
	front := r.joinReady(producing("front", "samples"))
	if err := front.Socket().SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	other := r.joinReady(consuming("vault", "samples"))
	for i := 0; r.engine.Claimed("front"); i++ {
		if i == 20_000 {
			t.Fatal("it is never thrown out")
		}
		r.commit(fmt.Sprintf("%s/config/slots = %d", samples, 16<<(i%2)))
		if i%64 == 0 {
			drain(other)
		}
		_ = front.Send(&wire.Ping{Token: 1}) // answers that it does not read either
	}
	for len(r.engine.Violations()) > 0 {
		<-r.engine.Violations()
	}
}

// drain reads what is there.
func drain(c *client) {
	for {
		_ = c.SetDeadline(time.Now().Add(time.Millisecond))
		_, files, err := c.Receive()
		if err != nil {
			return
		}
		_ = files.Close()
	}
}

// TestProducersThatAttachWithoutEnd: rings that a process makes by attaching come to an end.
func TestProducersThatAttachWithoutEnd(t *testing.T) {
	r := start(t, (*enforcement.Engine).Hurry)
	r.commit(viewtest.Channel("samples", "front", "vault")...)
	made := r.engine.CountRings()
	r.engine.Spend("front", 14<<20)
	h := producing("front", "samples")
	for i := 0; ; i++ {
		session, refused := r.engine.Join(identity(t), h)
		if refused != nil {
			break
		}
		session.Ready()
		r.eventually("a ring, or none", func() bool { return r.engine.Settled() })
		session.Leave()
		if i == 200 {
			t.Fatal("nothing ends it")
		}
	}
	if n := made(); n == 0 || n > 100 {
		t.Errorf("%d rings were made", n)
	}
}

// TestRingsThatCannotBeMade: the ends are told, and get the ring when it can be made.
func TestRingsThatCannotBeMade(t *testing.T) {
	var said bytes.Buffer
	var mu sync.Mutex
	r := start(t)
	r.engine.LogTo(slog.New(slog.NewTextHandler(locked{&mu, &said}, nil)))
	broken := errors.New("no memory")
	r.engine.MakeRings(time.Millisecond, func(channel.Shape, uint64) (*channel.Generation, error) {
		mu.Lock()
		defer mu.Unlock()
		return nil, broken
	})
	r.commit(viewtest.Channel("samples", "front", "vault")...)
	front := r.joinReady(producing("front", "samples"))
	if w := front.withheld(wire.WithheldInternal); !strings.Contains(w.Message, "no memory") {
		t.Errorf("it says %q", w.Message)
	}
	r.engine.MakeRings(time.Millisecond, channel.NewGeneration)
	front.open()
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(said.String(), "no memory"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
}

// TestRingsLeaveDescriptors: there are no more rings than the daemon's limits allow. Without them all
// are made.
func TestRingsLeaveDescriptors(t *testing.T) {
	const channels, each, room = 8, 7, 3 // rings of one consumer
	for limit, want := range map[int]int{each*(room+1) - 1: room, math.MaxInt32: channels} {
		r := start(t)
		r.engine.MakeRings(time.Millisecond, channel.NewGeneration)
		r.engine.LimitRings(limit)
		h := withEnds("front")
		for i := range channels {
			name := fmt.Sprintf("c%d", i)
			r.commit(viewtest.Channel(name, "front", "vault")...)
			h.Services[0].Channels = append(h.Services[0].Channels, wire.End{Role: wire.Producer, Channel: name})
		}
		front := r.joinReady(h)
		made := map[uint16]*mapping{}
		for range channels {
			switch m, files := front.next(); m := m.(type) {
			case *wire.Channel:
				made[m.End] = front.accept(m, files)
			case *wire.Withheld:
				if m.Code != wire.WithheldInternal || !strings.Contains(m.Message, "LimitNOFILE") {
					t.Errorf("it says %+v", m)
				}
			}
		}
		if len(made) != want {
			t.Errorf("with %d descriptors there are %d rings, want %d", limit, len(made), want)
		}
	}
}

// TestFormerRingsGiveWay to the one that is needed, although nobody has read them.
func TestFormerRingsGiveWay(t *testing.T) {
	r := startChannel(t)
	r.engine.MakeRings(time.Millisecond, channel.NewGeneration)
	r.engine.LimitRings(channel.Shape{Consumers: 1}.Cost().Files)
	front := r.joinReady(producing("front", "samples"))
	ring := front.open()
	for slots := range 4 {
		ring.sent(1, 1)
		r.commit(fmt.Sprintf("%s/config/slots = %d", samples, 16<<slots))
		m, files := front.next()
		for isWithheld(m) {
			m, files = front.next()
		}
		ring = front.accept(m, files)
	}
}

type locked struct {
	*sync.Mutex
	b *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.b.Write(b)
}

// TestDenialsAreBounded: a process that makes names of channels up is reported so often, and
// again for a channel that was configured since.
func TestDenialsAreBounded(t *testing.T) {
	r := start(t, (*enforcement.Engine).Hurry)
	reported := func(ends ...wire.End) (n int) {
		session := r.enter(identity(t), withEnds("front", ends...))
		for ; len(r.engine.Violations()) > 0; n++ {
			<-r.engine.Violations()
		}
		session.Leave()
		return n
	}
	made, last := 0, wire.End{}
	for i := range 2 * wire.MaxEnds / wire.MaxChannels {
		var ends []wire.End
		for j := range wire.MaxChannels {
			last = wire.End{Role: wire.Producer, Channel: fmt.Sprintf("c%d-%d", i, j)}
			ends = append(ends, last)
		}
		made += reported(ends...)
	}
	if made != wire.MaxEnds {
		t.Errorf("%d are reported, want %d", made, wire.MaxEnds)
	}
	first := wire.End{Role: wire.Producer, Channel: "c0-0"}
	if n := reported(first); n != 0 {
		t.Errorf("one is reported again")
	}
	r.commit(viewtest.Channel("c0-0", "vault", "front")...)
	if n := reported(first); n != 1 {
		t.Errorf("after a change it is reported %d times", n)
	}
}

// TestSealHoldsNobodyUp: a producer that keeps its ring from being sealed, by a write to it
// that does not come to an end, keeps commits and others from nothing; nor does it keep its
// consumers, who never get what is not sealed.
func TestSealHoldsNobodyUp(t *testing.T) {
	r := startChannel(t)
	r.commit(viewtest.Channel("other", "vault", "front")...)
	front := r.joinReady(producing("front", "samples"))
	p := front.offered()
	m := r.mapper(t)
	m.stall(t)
	m.do("hold", fmt.Sprintf("/proc/%d/fd/%d", unix.Getpid(), p.files[1].Fd()))
	r.eventually("the ring to be held", func() bool { return inSyscall(m.cmd.Process.Pid, unix.SYS_PWRITE64) })
	if err := front.Send(&wire.Mapped{Generation: p.Generation}); err != nil {
		t.Fatal(err)
	}
	r.eventually("the daemon to wait for the seal", func() bool { return inSyscall(unix.Getpid(), unix.SYS_FCNTL) })
	vault := r.joinReady(withEnds("vault", wire.End{Role: wire.Consumer, Channel: "samples"}, wire.End{Role: wire.Producer, Channel: "other"}))
	for range 2 { // one is withheld, the other is offered, and opened
		if m, files := vault.next(); !isWithheld(m) {
			vault.accept(m, files)
		}
	}
	vault.quiet()
	r.commit(samples + "/config/administrative-state = OUT_OF_SERVICE")
	if p.state() != 2 {
		t.Error("the ring goes on")
	}
	m.do("release")
	front.withheld(wire.WithheldService)
}

func isWithheld(m wire.Message) bool { _, is := m.(*wire.Withheld); return is }

// inSyscall says whether a thread of a process is in that system call.
func inSyscall(pid, number int) bool {
	all, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	for _, path := range all {
		if b, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(b), fmt.Sprintf("%d ", number)) {
			return true
		}
	}
	return false
}
