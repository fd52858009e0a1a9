package csdk_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// The statuses of waveguard.h for channels.
const (
	notOpen   = "-18"
	full      = "-19"
	empty     = "-20"
	tooLarge  = "-21"
	wrongEnd  = "-1"
	elsewhere = "-6"
)

// TestChecks holds CRC32C, SHA-256 and HMAC to the vectors of their standards.
func TestChecks(t *testing.T) {
	out, err := exec.Command(program(t, "check")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func shapes() (all []channel.Shape) {
	for integrity := channel.NoIntegrity; integrity <= channel.HMACSHA256; integrity++ {
		for overflow := channel.Block; overflow <= channel.DropOldest; overflow++ {
			all = append(all, channel.Shape{Slots: 16, SlotSize: 200, Integrity: integrity, Overflow: overflow})
		}
	}
	return all
}

const (
	front = "front=producer:feed"
	vault = "vault=consumer:feed"
)

// pair is one process with a producer and a consumer, each in its domain.
func pair(t testing.TB, backend string, shape channel.Shape) (*hub, *line, *process) {
	h := newHub(t)
	l := h.line("feed", shape, "vault")
	p := h.process(backend, front, vault)
	h.opens("feed")
	return h, l, p
}

func TestMessagesArrive(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for _, shape := range shapes() {
			t.Run(shapeName(shape), func(t *testing.T) {
				_, l, p := pair(t, backend, shape)
				p.expect("vault receive feed 0", empty)
				p.expect("front send feed 0 one", "0")
				p.expect("front loan feed 0 second", "0 200")
				p.expect("vault receive feed 0", "0 one #0 lost 0 corrupted 0")
				p.expect("vault receive feed 0", empty)
				p.expect("front publish feed 201", tooLarge)
				p.expect("front publish feed 6", "0")
				p.expect("front publish feed 6", empty)
				p.expect("vault receive feed 0", "0 second #1 lost 0 corrupted 0")
				p.expect("vault release feed", "0")
				p.expect("vault release feed", "0")
				p.expect("vault receive feed 1", empty)
				p.expect("front receive feed 0", wrongEnd)
				p.expect("vault send feed 0 x", wrongEnd)
				p.expect("front other feed 0 vault", elsewhere)
				p.expect("front why feed", "0 ")
				p.end()
				if got, sent := l.received(0), l.sent(); got.Messages != 2 || got.Octets != 9 || got.Next != 0 && got.Next != 2 || sent.Messages != 2 || sent.Octets != 9 {
					t.Errorf("received %+v, sent %+v", got, sent)
				}
			})
		}
	})
}

// TestFull: with BLOCK there is no room until who reads goes on; otherwise what was not read is lost, and counted.
func TestFull(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		_, l, p := pair(t, backend, channel.Shape{Slots: 2, SlotSize: 8})
		for i := range 2 {
			p.expect(fmt.Sprint("front send feed 0 m", i), "0")
		}
		p.expect("front send feed 2 m2", full)
		p.expect("vault receive feed 0", "0 m0 #0 lost 0 corrupted 0")
		p.expect("front loan feed 0 m2", full+" 0") // it is read in the ring
		p.expect("vault release feed", "0")
		p.expect("front send feed 0 m2", "0")
		p.expect("front send feed 0 too-large", tooLarge)
		if sent := l.sent(); sent.Refused != 2 {
			t.Errorf("%+v, want 2 refused", sent)
		}
		p.expect("+front send feed 30000 m3", "started")
		p.expect("vault receive feed 0", "0 m1 #1 lost 0 corrupted 0")
		p.expect("vault release feed", "0")
		p.expect("join", "0")
		p.end()

		_, l, p = pair(t, backend, channel.Shape{Slots: 2, SlotSize: 8, Overflow: channel.DropOldest})
		for i := range 7 {
			p.expect(fmt.Sprint("front send feed 0 m", i), "0")
		}
		p.expect("vault receive feed 0", "0 m5 #5 lost 5 corrupted 0")
		p.expect("front loan feed 0 m7", "0 8") // what was there is so no more
		p.expect("vault receive feed 0", "0 m6 #6 lost 0 corrupted 0")
		p.expect("front loan feed 0 m7", "0 8") // the same once more
		p.expect("front publish feed 2", "0")
		p.expect("front send feed 0 m8", "0")
		p.expect("front loan feed 0 mm", "0 8")
		p.expect("vault receive feed 0", "0 m8 #8 lost 1 corrupted 0")
		if got := l.received(0); got.Lost != 6 || got.Messages != 3 {
			t.Errorf("%+v, want 6 lost", got)
		}
		p.end()
	})
}

// stream is how long a stream is: under emulation all takes its time.
func stream(n int) int {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		return n / 40
	}
	return n
}

// TestStreams sends many messages of all sizes from a thread to others, in one process and to another.
func TestStreams(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		n := stream(20000)
		for _, shape := range shapes() {
			for _, how := range []string{"", "busy"} {
				t.Run(shapeName(shape)+how, func(t *testing.T) {
					h := newHub(t)
					l := h.line("feed", shape, "vault", "far")
					near, far := h.process(backend, front, vault), h.process(backend, "far=consumer:feed")
					h.opens("feed")
					far.expect(fmt.Sprint("+far consume feed ", n, " ", how), "started")
					near.expect(fmt.Sprint("+vault consume feed ", n, " ", how), "started")
					near.expect(fmt.Sprint("front produce feed ", n, " ", how), "produced")
					for place, p := range []*process{near, far} {
						said := p.do("join")
						if shape.Overflow == channel.Block && said != "consumed lost 0 corrupted 0" || !strings.HasPrefix(said, "consumed") {
							t.Errorf("%s: %v", said, l.received(place))
						}
						p.end()
						if got := l.received(place); got.Messages+got.Lost != uint64(n) || got.Corrupted != 0 {
							t.Errorf("%+v, of %d", got, n)
						}
					}
				})
			}
		}
	})
}

// TestSanitizedChannels goes through both ends under the sanitizers, and lets rings come and go.
func TestSanitizedChannels(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	for _, shape := range shapes() {
		h := newHub(t)
		h.line("feed", shape, "vault")
		p := startProgram(t, program(t, "channel-sanitized"), h.path, "mprotect", front, vault)
		p.wants("ready")
		h.opens("feed")
		p.expect("+vault consume feed 2000", "started")
		p.expect("+front produce feed 2000", "started")
		h.renew("feed")
		h.replace("feed")
		if got := p.do("join"); !strings.HasPrefix(got, "consumed lost ") || !strings.HasSuffix(got, " corrupted 0; produced") {
			t.Errorf("%s: %s", shapeName(shape), got)
		}
		p.end()
	}
}

// TestSpinning: two that wait for each other busily, and never otherwise.
func TestSpinning(t *testing.T) {
	_, _, p := pair(t, "none", channel.Shape{Slots: 2, SlotSize: 64, Integrity: channel.HMACSHA256})
	p.expect("+vault consume feed 100 spin", "started")
	p.expect("front produce feed 100 spin", "produced")
	p.expect("join", "consumed lost 0 corrupted 0")
	p.end()
}

// TestOthersDoNotTouchARing: the walls are around channels as well.
func TestOthersDoNotTouchARing(t *testing.T) {
	for _, backend := range backends(t)[1:] {
		t.Run(backend, func(t *testing.T) {
			_, _, p := pair(t, backend, channel.Shape{Slots: 2, SlotSize: 8})
			p.expect("front send feed 0 one", "0")
			p.expect("vault receive feed 0", "0 one #0 lost 0 corrupted 0")
			p.expect("front again feed", "ended -8") // reads what vault was given, in the ring as vault has it
			p.expect("front vandalize feed", "ended -8")
			p.expect("vault again feed", "0 one #0 lost 0 corrupted 0")
			// Its own domain can read there and no more: the program is wrong, and ends.
			fmt.Fprintln(p.orders, "vault vandalize feed")
			if err := p.cmd.Wait(); !died(err, syscall.SIGABRT) {
				t.Errorf("a consumer that writes the ring: %v", err)
			}
		})
	}
}

// TestWithheld: who has no ring is told why, and gets on when there is one.
func TestWithheld(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := newHub(t)
		consumer := h.process(backend, vault)
		why := func(p *process, order, want string) {
			t.Helper()
			(&rig{t: t}).eventually(want, func() bool { return p.do(order) == want })
		}
		why(consumer, "vault why feed", notOpen+" no such channel for vault")
		consumer.expect("vault receive feed 0", notOpen)
		consumer.expect("vault receive feed 2", notOpen)
		h.line("feed", channel.Shape{Slots: 4, SlotSize: 8, Integrity: channel.CRC32C}, "vault")
		h.inviteAgain("vault", "feed")
		why(consumer, "vault why feed", notOpen+" the producer is not there yet")
		consumer.expect("+vault receive feed 30000", "started")
		producer := h.process(backend, front)
		h.opens("feed")
		producer.expect("front send feed 0 one", "0")
		consumer.expect("join", "0 one #0 lost 0 corrupted 0")

		producer.expect("front send feed 0 two", "0")
		h.withhold("vault", "feed", wire.WithheldService) // this end alone
		why(consumer, "vault why feed", notOpen+" closed: out-of-service")
		consumer.expect("vault receive feed 0", notOpen)
		consumer.expect("+vault receive feed 30000", "started")
		h.inviteAgain("vault", "feed") // the same ring
		consumer.expect("join", "0 two #1 lost 0 corrupted 0")

		producer.expect("front send feed 0 three", "0")
		producer.expect("front loan feed 0 four", "0 8")
		h.withhold("front", "feed", wire.WithheldService)
		why(producer, "front why feed", notOpen+" closed: out-of-service")
		producer.expect("front publish feed 4", notOpen)
		producer.expect("front send feed 0 four", notOpen)
		h.mu.Lock()
		h.lines["feed"].generation.End()
		h.mu.Unlock()
		h.withhold("vault", "feed", wire.WithheldService)
		why(consumer, "vault why feed", notOpen+" closed: out-of-service")
		consumer.expect("vault receive feed 0", "0 three #2 lost 0 corrupted 0") // what is there is taken
		consumer.expect("vault receive feed 0", notOpen)
		consumer.expect("close", "0")
		consumer.expect("vault receive feed 30000", "ended -14")
		producer.end()
		consumer.end()
	})
}

// TestFirstMessages: a consumer that was told to wait for the producer has what that sent before its end was
// opened, one that came later has not.
func TestFirstMessages(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := newHub(t)
		p := h.process(backend, vault, "desk=consumer:feed")
		l := h.rawLine("feed", channel.Shape{Slots: 4, SlotSize: 8}, "vault", "desk")
		l.put(0, 1, 3, "one")
		l.head(1)
		h.withhold("vault", "feed", wire.WithheldWaiting)
		h.inviteAgain("vault", "feed")
		h.inviteAgain("desk", "feed")
		h.opens("feed")
		p.expect("vault receive feed 30000", "0 one #0 lost 0 corrupted 0")
		p.expect("desk receive feed 0", empty)
		p.end()
	})
}

// TestPolicyOpensChannels: the daemon itself gives the ends out, as its configuration says.
func TestPolicyOpensChannels(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		p := startProgram(t, program(t, "channel"), r.path, backend, front, vault)
		p.wants("ready")
		stands := func(service, want string) {
			t.Helper()
			r.eventually(service+": "+want, func() bool { return strings.HasPrefix(p.do(service+" why feed"), want) })
		}
		stands("front", notOpen+" ")
		p.expect("front send feed 0 x", notOpen)
		r.commit(viewtest.Channel("feed", "front", "vault")...)
		stands("front", "0 ")
		stands("vault", "0 ")
		p.expect("front send feed 0 one", "0")
		p.expect("vault receive feed 0", "0 one #0 lost 0 corrupted 0")
		p.expect("vault release feed", "0")
		r.eventually("the message to be counted", func() bool { return r.engine.State().Channel["feed"].Counters.GetSent() == 1 })

		p.expect("front send feed 0 two", "0")
		r.commit(viewtest.Entry("channel", "feed") + "/config/integrity = HMAC_SHA256")
		p.expect("+front send feed 30000 three", "started")
		for _, word := range []string{"two", "three"} { // of the old ring, and of the new one
			if got := p.do("vault receive feed 30000"); !strings.HasPrefix(got, "0 "+word+" ") {
				t.Errorf("%q, want %s", got, word)
			}
		}
		p.expect("join", "0")

		r.halt()
		p.expect("front send feed 0 four", "0") // without a daemon
		p.expect("vault receive feed 0", "0 four #1 lost 0 corrupted 0")
		p.expect("front send feed 0 five", "0")
		r.boot(r.config)
		r.eventually("the process to attach again", func() bool { return r.engine.State().Service["front"].GetAttached() })
		stands("front", "0 ")
		stands("vault", "0 ")
		p.expect("front send feed 30000 six", "0")
		for _, word := range []string{"five", "six"} {
			if got := p.do("vault receive feed 30000"); !strings.HasPrefix(got, "0 "+word+" ") {
				t.Errorf("%q, want %s", got, word)
			}
		}

		r.commit("- " + viewtest.Entry("channel", "feed"))
		stands("front", notOpen+" ")
		stands("vault", notOpen+" ")
		p.expect("front send feed 1 seven", notOpen)
		p.expect("vault receive feed 1", notOpen)
		p.end()
	})
}

// TestCPlusPlusChannels: messages that release themselves.
func TestCPlusPlusChannels(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for _, integrity := range []channel.Integrity{channel.NoIntegrity, channel.CRC32C} { // in the ring, and copied
			h := newHub(t)
			l := h.line("feed", channel.Shape{Slots: 2, SlotSize: 16, Integrity: integrity}, "vault")
			p := startProgram(t, program(t, "channels"), h.path, backend)
			p.wants("ready")
			h.opens("feed")
			p.expect("", "done")
			p.end()
			if next := l.generation.Received(0).Next; next != 2 {
				t.Errorf("%d messages were released, want 2", next)
			}
		}
	})
}

// TestIdleEnds: more rings than an end can have mapped come and go unused. The last waits until the end was used.
func TestIdleEnds(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h, l, p := pair(t, backend, channel.Shape{Slots: 2, SlotSize: 8, Integrity: channel.CRC32C})
		p.expect("front send feed 0 one", "0")
		for range 20 {
			h.replace("feed")
		}
		p.expect("+vault consume feed 0", "started") // nothing
		p.expect("join", "consumed lost 0 corrupted 0")
		p.expect("vault receive feed 0", "0 one #0 lost 0 corrupted 0")
		p.expect("+vault receive feed 30000", "started")
		p.expect("front send feed 30000 two", "0")
		if got := p.do("join"); !strings.HasPrefix(got, "0 two ") {
			t.Error(got)
		}
		h.opens("feed")
		if last := l.generation.Number(); last != 21 {
			t.Errorf("generation %d", last)
		}
		p.end()
	})
}

// TestRingsAreReplaced: under load, with the daemon there and gone, nothing is lost where nothing may be. However slow the machine is:
// the producer waits for its consumers without an end, and each ring for its first message.
func TestRingsAreReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		const times = 12
		h := newHub(t)
		l := h.line("feed", channel.Shape{Slots: 64, SlotSize: 64, Integrity: channel.CRC32C}, "vault", "far")
		patient := func(services ...string) *process {
			p := startProgram(t, program(t, "channel-patient"), append([]string{h.path, backend}, services...)...)
			p.wants("ready")
			return p
		}
		near, far := patient(front, vault), patient("far=consumer:feed")
		used := func() {
			t.Helper()
			h.opens("feed")
			(&rig{t: t}).eventually("the ring to be used", func() bool { return l.generation.Sent().Messages > 0 })
		}
		h.opens("feed")
		far.expect(fmt.Sprint("+far consume feed ", math.MaxInt), "started")
		near.expect(fmt.Sprint("+vault consume feed ", math.MaxInt), "started")
		near.expect(fmt.Sprint("+front produce feed ", math.MaxInt), "started")
		used()
		for i := range times {
			switch i % 3 {
			case 0:
				h.renew("feed")
			case 1:
				h.replace("feed")
			default:
				h.halt()
				h.mu.Lock()
				h.generate(l)
				h.mu.Unlock()
				h.listen()
			}
			used()
		}
		fmt.Fprintln(near.orders, "stop")
		if got := near.do("join"); got != "consumed lost 0 corrupted 0; produced" {
			t.Error(got)
		}
		if got := far.do("join"); got != "consumed lost 0 corrupted 0" {
			t.Error(got)
		}
		near.end()
		far.end()
	})
}
