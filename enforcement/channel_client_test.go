package enforcement_test

import (
	"errors"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// Offsets in the memory of a channel, of sdk/include/waveguard/channel.h.
const (
	controlState, controlActive                                         = 48, 52
	ringHead, ringOctets, ringRefused                                   = 0, 128, 136
	cursorNext, cursorReceived, cursorOctets, cursorLost, cursorCorrupt = 0, 128, 136, 144, 152
)

// withEnds is hello of one service that registers the ends.
func withEnds(service string, ends ...wire.End) *wire.Hello {
	h := hello(service)
	h.Services[0].Channels = ends
	return h
}

func producing(service, channel string) *wire.Hello {
	return withEnds(service, wire.End{Role: wire.Producer, Channel: channel})
}

func consuming(service, channel string) *wire.Hello {
	return withEnds(service, wire.End{Role: wire.Consumer, Channel: channel})
}

// mapping is an end of a channel that a client has mapped.
type mapping struct {
	*wire.Channel
	control, ring, cursor []byte
	files                 wire.Files
}

// startChannel starts a daemon with a channel from front to vault.
func startChannel(t *testing.T) *rig {
	t.Helper()
	r := start(t)
	r.commit(viewtest.Channel("samples", "front", "vault")...)
	return r
}

// next waits for the next message of the daemon.
func (c *client) next() (wire.Message, wire.Files) {
	c.t.Helper()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	m, files, err := c.Receive()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = files.Close() })
	return m, files
}

// quiet requires that the daemon has said everything: it answers a ping at once.
func (c *client) quiet() {
	c.t.Helper()
	if err := c.Send(&wire.Ping{Token: 77}); err != nil {
		c.t.Fatal(err)
	}
	if m, _ := c.next(); !isPong(m) {
		c.t.Errorf("received %+v, want nothing", m)
	}
}

func isPong(m wire.Message) bool { _, ok := m.(*wire.Pong); return ok }

// withheld waits for an end to be withheld for that reason.
func (c *client) withheld(code wire.WithheldCode) *wire.Withheld {
	c.t.Helper()
	m, _ := c.next()
	w, ok := m.(*wire.Withheld)
	if !ok || w.Code != code {
		c.t.Fatalf("received %+v, want it withheld for %v", m, code)
	}
	return w
}

// offered waits for an end and maps it.
func (c *client) offered() *mapping {
	c.t.Helper()
	return c.mapAll(c.next())
}

func (c *client) mapAll(m wire.Message, files wire.Files) *mapping {
	c.t.Helper()
	offer, ok := m.(*wire.Channel)
	if !ok {
		c.t.Fatalf("received %+v, want a channel", m)
	}
	p := &mapping{Channel: offer, files: files}
	var errs [3]error
	p.control, errs[0] = shm.Map(files[0], 4096, shm.ReadOnly)
	if offer.Role == wire.Producer {
		p.ring, errs[1] = shm.Map(files[1], 4096, shm.ReadWrite)
		p.cursor, errs[2] = shm.Map(files[3], 4096, shm.ReadOnly)
	} else {
		p.ring, errs[1] = shm.Map(files[1], 4096, shm.ReadOnly)
		p.cursor, errs[2] = shm.Map(files[3], 4096, shm.ReadWrite)
	}
	if err := errors.Join(errs[:]...); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		_, _, _ = shm.Unmap(p.control), shm.Unmap(p.ring), shm.Unmap(p.cursor)
	})
	return p
}

// open is offered and the answer to it.
func (c *client) open() *mapping {
	c.t.Helper()
	return c.accept(c.next())
}

func (c *client) accept(m wire.Message, files wire.Files) *mapping {
	c.t.Helper()
	p := c.mapAll(m, files)
	if err := c.Send(&wire.Mapped{End: p.End, Generation: p.Generation}); err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (p *mapping) state() uint32  { return mpk.Uint32At(p.control, controlState).Load() }
func (p *mapping) active() uint32 { return mpk.Uint32At(p.control, controlActive).Load() }

// sent stores what a producer counts: messages, each of so many octets.
func (p *mapping) sent(messages, octets uint64) {
	mpk.Uint64At(p.ring, ringHead).Store(messages)
	mpk.Uint64At(p.ring, ringOctets).Store(messages * octets)
}

// counts stores a counter of a consumer.
func (p *mapping) counts(at int, n uint64) { mpk.Uint64At(p.cursor, at).Store(n) }

func (r *rig) channel() *gen.MpkSecurity_Channel { return r.engine.State().Channel["samples"] }

func (r *rig) consumer(name string) *gen.MpkSecurity_Channel_ConsumerEnd {
	return r.channel().ConsumerEnd[name]
}

// pair attaches both ends of a channel and opens them.
func (r *rig) pair() (front, vault *client, from, to *mapping) {
	r.t.Helper()
	front = r.joinReady(producing("front", "samples"))
	from = front.open()
	vault = r.joinReady(consuming("vault", "samples"))
	r.eventually("the producer's end to be open", func() bool {
		return r.channel().ProducerState == gen.MpkSecurityTypes_ChannelEndState_OPEN
	})
	for to == nil {
		m, files := vault.next()
		if _, waits := m.(*wire.Withheld); waits {
			continue
		}
		to = vault.accept(m, files)
	}
	r.eventually("the channel to be in service", func() bool {
		return r.channel().OperationalState == gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	})
	return front, vault, from, to
}
