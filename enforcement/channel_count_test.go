package enforcement_test

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/shm"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestChannelCounts: what the ends count is shown, over all rings.
func TestChannelCounts(t *testing.T) {
	r := startChannel(t)
	front, _, from, to := r.pair()
	from.sent(10, 100)
	to.counts(cursorNext, 7)
	to.counts(cursorReceived, 6)
	to.counts(cursorOctets, 600)
	to.counts(cursorLost, 1)
	got := r.channel()
	c := got.ConsumerEnd["vault"]
	if *got.Counters.Sent != 10 || *got.Counters.SentOctets != 1000 || *c.Counters.Received != 6 || *c.Counters.ReceivedOctets != 600 || *c.Counters.Lost != 1 || *c.Backlog != 3 {
		t.Errorf("counted are %+v, %+v, backlog %d", got.Counters, c.Counters, *c.Backlog)
	}
	if *got.RingBytes != 4096+1024*320 {
		t.Errorf("the ring takes %d octets", *got.RingBytes)
	}
	front.leave()
	r.eventually("the ring to end", func() bool { return from.state() == 2 })
	if got := *r.consumer("vault").Backlog; got != 3 {
		t.Errorf("backlog is %d after the producer left", got)
	}
	to.counts(cursorReceived, 9)
	to.counts(cursorNext, 10)
	next := r.joinReady(producing("front", "samples")).open()
	next.sent(5, 1)
	r.eventually("all of it to be counted", func() bool {
		got := r.channel()
		return *got.Counters.Sent == 15 && *got.Counters.SentOctets == 1005 && *got.ConsumerEnd["vault"].Counters.Received == 9
	})
}

// TestChannelCountersGoForward: whatever the ends write, counters never fall, and nothing
// is received that was not sent.
func TestChannelCountersGoForward(t *testing.T) {
	r := startChannel(t)
	_, _, from, to := r.pair()
	from.sent(10, 100)
	to.counts(cursorReceived, 11)
	to.counts(cursorOctets, math.MaxUint64)
	to.counts(cursorLost, math.MaxUint64)
	if c := r.consumer("vault").Counters; *c.Received != 10 || *c.Lost != 10 || *c.ReceivedOctets != 10*256 {
		t.Errorf("counted are %d, %d lost, %d octets of 10 messages", *c.Received, *c.Lost, *c.ReceivedOctets)
	}
	to.counts(cursorReceived, 0)
	to.counts(cursorNext, math.MaxUint64)
	from.sent(3, 100)
	got := r.channel()
	if c := got.ConsumerEnd["vault"]; *got.Counters.Sent != 10 || *c.Counters.Received != 10 || *c.Backlog != 0 {
		t.Errorf("counters fell: %+v, %+v, backlog %d", got.Counters, c.Counters, *c.Backlog)
	}
	from.sent(math.MaxUint64, 1)
	to.counts(cursorReceived, math.MaxUint64)
	got = r.channel()
	if c := got.ConsumerEnd["vault"]; *got.Counters.Sent != 10 || *c.Counters.Received != 10 {
		t.Errorf("counters leapt: %+v, %+v", got.Counters, c.Counters)
	}
	to.counts(cursorNext, 0)
	if got := *r.consumer("vault").Backlog; got != 1024 {
		t.Errorf("backlog is %d in a ring of 1024", got)
	}
}

// TestCorruptedMessages: what a consumer counts as corrupted is a violation, at once when
// it rings.
func TestCorruptedMessages(t *testing.T) {
	r := startChannel(t)
	_, vault, from, to := r.pair()
	from.sent(10, 100)
	to.counts(cursorCorrupt, 3)
	if !vault.stats.Ring() {
		t.Fatal("the bell was rung before")
	}
	shm.Ring(vault.bell)
	v := r.violation()
	if v.Kind != wire.MessageCorrupted || v.Service != "vault" || v.Source != "a" || v.Target != "b" || v.Channel != "samples" || v.Occurrences != 3 || v.PID != unix.Getpid() {
		t.Errorf("reported is %+v", v)
	}
	to.counts(cursorCorrupt, 4)
	r.channel()
	if v := r.violation(); v.Occurrences != 1 {
		t.Errorf("reported is %+v", v)
	}
	if got := *r.consumer("vault").Counters.Corrupted; got != 4 {
		t.Errorf("%d are counted", got)
	}
}

// TestRemovedConsumersAreForgotten: counters are those of the entry.
func TestRemovedConsumersAreForgotten(t *testing.T) {
	r := start(t)
	r.commit(viewtest.Service("third", "b", unix.Getuid())...)
	r.commit(append(viewtest.Channel("samples", "front", "vault"), samples+"/config/consumer[.='third']")...)
	_, _, from, to := r.pairAmong()
	from.sent(10, 100)
	to.counts(cursorReceived, 5)
	r.commit("- " + samples + "/config/consumer[.='vault']")
	if got := r.channel(); len(got.ConsumerEnd) != 1 || *got.Counters.Sent != 10 {
		t.Errorf("state is %+v", got)
	}
	r.commit(samples + "/config/consumer[.='vault']")
	if got := *r.consumer("vault").Counters.Received; got != 0 {
		t.Errorf("%d are received by a new consumer", got)
	}
	r.commit("- " + samples)
	if got := r.channel(); got != nil {
		t.Errorf("a removed channel has state %+v", got)
	}
}

// TestIdleChannelsWakeNobody: reading counters rings no bell, and tells nobody anything.
func TestIdleChannelsWakeNobody(t *testing.T) {
	r := startChannel(t)
	front, vault, from, to := r.pair()
	from.sent(10, 100)
	for range 10 {
		r.channel()
	}
	for _, bell := range []uintptr{from.files[2].Fd(), to.files[4].Fd()} {
		if n, err := unix.Read(int(bell), make([]byte, 8)); n > 0 || err != unix.EAGAIN {
			t.Errorf("a bell was rung: %d, %v", n, err)
		}
	}
	front.quiet()
	vault.quiet()
}
