package enforcement_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

const samples = "channels/channel[name='samples']"

// TestChannelOpens: the producer gets the ring first, a consumer when it is sealed, and
// nobody gets anything that the policy does not give.
func TestChannelOpens(t *testing.T) {
	r := startChannel(t)
	vault := r.joinReady(consuming("vault", "samples"))
	if w := vault.withheld(wire.WithheldWaiting); !strings.Contains(w.Message, `"front" is not attached`) {
		t.Errorf("it says %q", w.Message)
	}
	front := r.joinReady(producing("front", "samples"))
	from := front.offered()
	if w := vault.withheld(wire.WithheldWaiting); !strings.Contains(w.Message, "has not mapped its end yet") {
		t.Errorf("it says %q", w.Message)
	}
	vault.quiet()
	if err := front.Send(&wire.Mapped{End: 0, Generation: from.Generation}); err != nil {
		t.Fatal(err)
	}
	to := vault.offered()
	if _, err := unix.Mmap(int(from.files[1].Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
		t.Error("the ring can be mapped for writing when the consumer has it")
	}
	if got := from.active(); got != 0 {
		t.Errorf("active is %#x before the consumer mapped its end", got)
	}
	if err := vault.Send(&wire.Mapped{End: 0, Generation: to.Generation}); err != nil {
		t.Fatal(err)
	}
	r.eventually("the consumer's place to be active", func() bool { return from.active() == 1 })
	if got := r.channel(); *got.Generation != from.Generation || from.Generation != to.Generation || got.OperationalState != gen.MpkSecurityTypes_OperationalState_IN_SERVICE {
		t.Errorf("state is %+v", got)
	}
	front.quiet()
	vault.quiet()
}

// TestBellsStayNonBlocking: who is sent a bell must not wait in it.
func TestBellsStayNonBlocking(t *testing.T) {
	r := startChannel(t)
	_, _, from, to := r.pair()
	for _, file := range []int{int(from.files[2].Fd()), int(from.files[4].Fd()), int(to.files[4].Fd())} {
		if flags, err := unix.FcntlInt(uintptr(file), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("flags are %#x, %v", flags, err)
		}
	}
}

// TestChannelsThatAreDenied: who registers an end that no entry allows is told what to do,
// gets nothing, and is reported once.
func TestChannelsThatAreDenied(t *testing.T) {
	for name, test := range map[string]struct {
		hello *wire.Hello
		say   string
	}{
		"unknown":            {producing("front", "other"), `channel "other" is not configured; create /mpk-security/channels/channel[name=other]`},
		"not the producer":   {producing("vault", "samples"), `is service "front", not "vault"`},
		"not a consumer":     {consuming("third", "samples"), `add it to /mpk-security/channels/channel[name=samples]/config/consumer`},
		"producer, listens":  {consuming("front", "samples"), "is no consumer"},
		"a name of anything": {producing("front", strings.Repeat("ü", 31)), "is not configured"},
	} {
		t.Run(name, func(t *testing.T) {
			r := startChannel(t)
			r.commit(viewtest.Service("third", "b", unix.Getuid())...)
			for range 2 {
				c := r.joinReady(test.hello)
				if w := c.withheld(wire.WithheldUnknown); !strings.Contains(w.Message, test.say) {
					t.Errorf("it says %q, want %q", w.Message, test.say)
				}
				c.quiet()
				c.leave()
				r.eventually("it to be gone", func() bool { return !r.engine.Claimed(test.hello.Services[0].Name) })
			}
			v := r.violation()
			if v.Kind != wire.ChannelDenied || v.Service != test.hello.Services[0].Name || v.Channel != test.hello.Services[0].Channels[0].Channel || v.Source == "" {
				t.Errorf("reported is %+v", v)
			}
			if n := len(r.engine.Violations()); n != 0 {
				t.Errorf("and %d more", n)
			}
		})
	}
}

// TestChannelIsConfiguredLater: ends that wait get what a commit gives them.
func TestChannelIsConfiguredLater(t *testing.T) {
	r := start(t)
	front, vault := r.joinReady(producing("front", "samples")), r.joinReady(consuming("vault", "samples"))
	front.withheld(wire.WithheldUnknown)
	vault.withheld(wire.WithheldUnknown)
	r.commit(viewtest.Channel("samples", "front", "vault")...)
	vault.withheld(wire.WithheldWaiting)
	front.open()
	for m, files := vault.next(); ; m, files = vault.next() {
		if _, waits := m.(*wire.Withheld); !waits {
			vault.accept(m, files)
			break
		}
	}
}

// TestCommitsThatEndRings: what a commit takes away is ended when the commit is answered,
// and who is left gets a new ring.
func TestCommitsThatEndRings(t *testing.T) {
	state := "/config/administrative-state = OUT_OF_SERVICE"
	for name, test := range map[string]struct {
		lines       []string
		front       bool // goes on in a new ring
		code        wire.WithheldCode
		vaultIsLeft bool
	}{
		"consumer taken off":       {[]string{"- " + samples + "/config/consumer[.='vault']"}, true, wire.WithheldUnknown, true},
		"channel out of service":   {[]string{samples + state}, false, wire.WithheldService, false},
		"channel removed":          {[]string{"- " + samples}, false, wire.WithheldUnknown, false},
		"producer's domain closed": {[]string{viewtest.Entry("domain", "a") + state}, false, wire.WithheldService, true},
		"consumer's domain closed": {[]string{viewtest.Entry("domain", "b") + state}, true, wire.WithheldService, true},
		"consumer isolated":        {[]string{viewtest.Entry("service", "vault") + "/config/uid = 4294967"}, true, wire.WithheldService, true},
		"producer isolated":        {[]string{viewtest.Entry("service", "front") + "/config/uid = 4294967"}, false, wire.WithheldService, true},
		"another shape":            {[]string{samples + "/config/slots = 16"}, true, 0, true},
		"another integrity":        {[]string{samples + "/config/integrity = HMAC_SHA256"}, true, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.commit(viewtest.Service("third", "b", unix.Getuid())...)
			r.commit(append(viewtest.Channel("samples", "front", "vault"), samples+"/config/consumer[.='third']")...)
			front, vault, from, to := r.pairAmong()
			r.commit(test.lines...)
			if from.state() != 2 || to.state() != 2 {
				t.Fatalf("the ring is not ended: %d, %d", from.state(), to.state())
			}
			if test.front {
				if again := front.offered(); again.Generation == from.Generation {
					t.Error("it has the same number")
				}
			} else {
				front.withheld(test.code)
			}
			if test.code != 0 && test.front {
				vault.withheld(test.code)
			}
		})
	}
}

// pairAmong is pair in a channel that has another consumer, who is not there.
func (r *rig) pairAmong() (front, vault *client, from, to *mapping) {
	r.t.Helper()
	front = r.joinReady(producing("front", "samples"))
	from = front.open()
	r.eventually("the producer's end to be open", func() bool {
		return r.channel().ProducerState == gen.MpkSecurityTypes_ChannelEndState_OPEN
	})
	vault = r.joinReady(consuming("vault", "samples"))
	to = vault.open()
	r.eventually("the consumer's end to be open", func() bool {
		return r.consumer("vault").EndState == gen.MpkSecurityTypes_ChannelEndState_OPEN
	})
	if got := r.channel().OperationalState; got != gen.MpkSecurityTypes_OperationalState_DEGRADED {
		r.t.Errorf("operational-state is %v with a consumer missing", got)
	}
	return front, vault, from, to
}

// TestCommitsThatConcernNoRing leave it as it is.
func TestCommitsThatConcernNoRing(t *testing.T) {
	r := startChannel(t)
	front, vault, from, _ := r.pair()
	r.commit(samples+"/config/description = x", viewtest.Entry("domain", "a")+"/config/description = y")
	r.commit(viewtest.Channel("other", "vault", "front")...)
	front.quiet()
	vault.quiet()
	if from.state() != 1 {
		t.Errorf("state is %d", from.state())
	}
}

// TestConsumerComesBack: its place is kept, in the same ring; a producer that does, gets a
// new one, and consumers keep what is left.
func TestConsumerComesBack(t *testing.T) {
	r := startChannel(t)
	front, vault, from, _ := r.pair()
	vault.leave()
	r.eventually("its place to be free", func() bool { return from.active() == 0 })
	again := r.joinReady(consuming("vault", "samples"))
	if to := again.open(); to.Generation != from.Generation {
		t.Errorf("generation is %d, want %d", to.Generation, from.Generation)
	}
	r.eventually("its place to be active", func() bool { return from.active() == 1 })
	front.leave()
	if w := again.withheld(wire.WithheldWaiting); !strings.Contains(w.Message, "no producer yet") {
		t.Errorf("it says %q", w.Message)
	}
	if from.state() != 2 {
		t.Errorf("the ring is %d without its producer", from.state())
	}
	next := r.joinReady(producing("front", "samples")).open()
	if next.Generation == from.Generation {
		t.Error("the new producer has the old ring")
	}
}

// TestDeserterIsCutOff: a consumer whose process went away with the ring mapped is cut off
// all the same by a commit that may concern it.
func TestDeserterIsCutOff(t *testing.T) {
	for _, line := range []string{
		viewtest.Entry("service", "vault") + "/config/uid = 4294967",
		viewtest.Entry("domain", "b") + "/config/administrative-state = OUT_OF_SERVICE",
		"- " + samples + "/config/consumer[.='vault']",
	} {
		r := start(t)
		r.commit(viewtest.Service("third", "b", unix.Getuid())...)
		r.commit(append(viewtest.Channel("samples", "front", "vault"), samples+"/config/consumer[.='third']")...)
		_, vault, from, _ := r.pairAmong()
		vault.leave()
		r.eventually("it to be gone", func() bool { return !r.engine.Claimed("vault") })
		r.commit(line)
		if from.state() != 2 {
			t.Errorf("%s: the ring goes on", line)
		}
	}
}

// TestDaemonThatStops: channels go on in the ring that is there, and those of the next
// service of the socket are others.
func TestDaemonThatStops(t *testing.T) {
	r := startChannel(t)
	before := openFiles(t)
	front, vault, from, to := r.pair()
	r.halt()
	front.wantClosed()
	vault.wantClosed()
	if from.state() != 1 || to.active() != 1 {
		t.Errorf("the ring is in state %d, with %#x active", from.state(), to.active())
	}
	front.leave()
	vault.leave()
	_, _ = from.files.Close(), to.files.Close()
	r.eventually("the daemon's files to be closed", func() bool { return openFiles(t) <= before })
	r.serve()
	_, _, again, _ := r.pair()
	if again.Generation == from.Generation || from.state() != 1 {
		t.Errorf("generation %d after %d, which is in state %d", again.Generation, from.Generation, from.state())
	}
	r.commit(samples + "/config/administrative-state = OUT_OF_SERVICE")
	if again.state() != 2 {
		t.Error("the second one does not end")
	}
}
