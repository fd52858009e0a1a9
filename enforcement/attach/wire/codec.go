package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

const (
	magic      = 0x54414757 // "WGAT"
	version    = 3
	headerSize = 16
)

// ErrFormat reports a message that breaks a rule of the protocol.
var ErrFormat = errors.New("malformed attach message")

// Encode returns a message as one packet. It returns ErrFormat for a message
// that Decode would refuse.
func Encode(m Message, sequence uint32) ([]byte, error) {
	e := &encoder{buffer: make([]byte, headerSize, 256)}
	binary.LittleEndian.PutUint32(e.buffer[0:], magic)
	binary.LittleEndian.PutUint16(e.buffer[4:], version)
	binary.LittleEndian.PutUint16(e.buffer[6:], uint16(m.messageType()))
	binary.LittleEndian.PutUint32(e.buffer[12:], sequence)
	m.encode(e)
	if len(e.buffer) > MaxMessage {
		return nil, fmt.Errorf("encode %T: %w: %d bytes, at most %d", m, ErrFormat, len(e.buffer), MaxMessage)
	}
	binary.LittleEndian.PutUint32(e.buffer[8:], uint32(len(e.buffer)))
	if _, _, err := Decode(e.buffer); err != nil {
		return nil, fmt.Errorf("encode %T: %w", m, err)
	}
	return e.buffer, nil
}

// Decode reads one packet. It returns ErrFormat for anything but a valid
// message, and keeps no part of packet.
func Decode(packet []byte) (m Message, sequence uint32, err error) {
	d := &decoder{rest: packet}
	if got := d.u32(); got != magic {
		d.failf("magic is %#x, want %#x", got, uint32(magic))
	}
	if got := d.u16(); got != version {
		d.failf("protocol version is %d, this program speaks %d", got, version)
	}
	kind := messageType(d.u16())
	if got := d.u32(); int64(got) != int64(len(packet)) || len(packet) > MaxMessage {
		d.failf("length says %d, packet has %d bytes, at most %d", got, len(packet), MaxMessage)
	}
	sequence = d.u32()
	if d.err != nil {
		return nil, 0, d.err
	}
	if m, err = newMessage(kind); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	m.decode(d)
	if len(d.rest) > 0 {
		d.failf("%d bytes after the last field", len(d.rest))
	}
	if d.err != nil {
		return nil, 0, fmt.Errorf("decode %T: %w", m, d.err)
	}
	return m, sequence, nil
}

func (h *Hello) encode(e *encoder) {
	e.u32(h.ABI)
	e.u8(uint8(h.Backend))
	e.u8(uint8(h.Strength))
	e.u8(h.Keys)
	e.u64(h.Continues)
	e.count(len(h.Services))
	for _, s := range h.Services {
		e.text(s.Name)
		e.count(len(s.Operations))
		for _, name := range s.Operations {
			e.text(name)
		}
		e.count(len(s.Channels))
		for _, end := range s.Channels {
			e.u8(uint8(end.Role))
			e.text(end.Channel)
		}
	}
}

func (h *Hello) decode(d *decoder) {
	h.ABI = d.u32()
	if h.Backend = mpk.Kind(d.u8()); !h.Backend.Valid() {
		d.failf("unknown backend %d", h.Backend)
	}
	if h.Strength = mpk.Strength(d.u8()); !h.Strength.Valid() {
		d.failf("unknown isolation strength %d", h.Strength)
	}
	h.Keys = uint8(d.bounded(uint64(d.u8()), 0, maxKeys, "keys"))
	h.Continues = d.u64()
	services, ends := make(map[string]bool), 0
	for range d.count(1, MaxServices, "services") {
		s := Service{Name: d.uniqueName(services, "service")}
		operations := make(map[string]bool)
		for range d.count(0, MaxOperations, "operations") {
			s.Operations = append(s.Operations, d.uniqueName(operations, "operation"))
		}
		s.Channels = d.ends()
		ends += len(s.Channels)
		h.Services = append(h.Services, s)
	}
	d.bounded(uint64(ends), 0, MaxEnds, "count of ends of channels")
}

func (d *decoder) ends() (ends []End) {
	channels := make(map[string]bool)
	for range d.count(0, MaxChannels, "ends of channels") {
		role := d.role()
		ends = append(ends, End{Role: role, Channel: d.uniqueName(channels, "channel")})
	}
	return ends
}

func (d *decoder) role() Role {
	return Role(d.bounded(uint64(d.u8()), int(Producer), int(Consumer), "role"))
}

func (w *Welcome) encode(e *encoder) {
	e.u64(w.Attachment)
	e.count(len(w.Hosted))
	for _, h := range w.Hosted {
		e.text(h.Service)
		e.text(h.Domain)
		e.u16(h.DomainID)
		e.u8(h.Level)
	}
}

func (w *Welcome) decode(d *decoder) {
	if w.Attachment = d.u64(); w.Attachment == 0 {
		d.failf("attachment id is 0")
	}
	services := make(map[string]bool)
	for range d.count(1, MaxServices, "services") {
		w.Hosted = append(w.Hosted, Hosted{
			Service:  d.uniqueName(services, "service"),
			Domain:   d.name("domain"),
			DomainID: uint16(d.bounded(uint64(d.u16()), 0, maxDomainID, "domain id")),
			Level:    uint8(d.bounded(uint64(d.u8()), 0, maxLevel, "privilege level")),
		})
	}
}

func (r *Refused) encode(e *encoder) {
	e.u16(uint16(r.Code))
	e.text(r.Message)
}

func (r *Refused) decode(d *decoder) {
	r.Code = RefusalCode(d.u16())
	r.Message = d.text(MaxRefusal, "refusal message")
	if !defined(refusalNames, int(r.Code)) {
		d.failf("unknown refusal code %d", r.Code)
	}
}

func (v *Violation) encode(e *encoder) {
	e.u8(uint8(v.Kind))
	e.u8(uint8(v.Severity))
	e.u16(v.Service)
	e.u16(v.Source)
	e.u16(v.Target)
	e.u16(v.Operation)
	e.u32(v.ThreadID)
	e.u64(v.Address)
	e.u32(v.Occurrences)
	e.u64(v.Lost)
	e.u8(uint8(v.Outcome))
}

func (v *Violation) decode(d *decoder) {
	v.Kind = Kind(d.bounded(uint64(d.u8()), 1, len(kindNames)-1, "violation kind"))
	v.Severity = Severity(d.bounded(uint64(d.u8()), 1, len(severityNames)-1, "severity"))
	v.Service = uint16(d.bounded(uint64(d.u16()), 0, MaxServices-1, "service index"))
	v.Source = uint16(d.bounded(uint64(d.u16()), 0, MaxServices-1, "source domain"))
	v.Target = uint16(d.bounded(uint64(d.u16()), 0, MaxServices-1, "target domain"))
	if v.Operation = d.u16(); v.Operation != NoOperation {
		d.bounded(uint64(v.Operation), 0, MaxOperations-1, "operation bit")
	}
	v.ThreadID = d.u32()
	v.Address = d.u64()
	if v.Occurrences = d.u32(); v.Occurrences == 0 {
		d.failf("violation without an occurrence")
	}
	v.Lost = d.u64()
	v.Outcome = Outcome(d.bounded(uint64(d.u8()), 0, int(Tolerated), "outcome"))
}

func (c *Channel) encode(e *encoder) {
	e.u16(c.End)
	e.u8(uint8(c.Role))
	e.u8(c.Consumers)
	e.u8(c.Place)
	e.u64(c.Generation)
}

func (c *Channel) decode(d *decoder) {
	c.End = d.end()
	c.Role = d.role()
	c.Consumers = uint8(d.bounded(uint64(d.u8()), 1, MaxConsumers, "consumers"))
	most := 0
	if c.Role == Consumer {
		most = int(c.Consumers) - 1
	}
	c.Place = uint8(d.bounded(uint64(d.u8()), 0, max(most, 0), "place"))
	c.Generation = d.generation()
}

func (d *decoder) end() uint16 { return uint16(d.bounded(uint64(d.u16()), 0, MaxEnds-1, "end")) }

func (d *decoder) generation() uint64 {
	g := d.u64()
	if g == 0 {
		d.failf("generation is 0")
	}
	return g
}

func (m *Mapped) encode(e *encoder) {
	e.u16(m.End)
	e.u64(m.Generation)
}

func (m *Mapped) decode(d *decoder) {
	m.End = d.end()
	m.Generation = d.generation()
}

func (w *Withheld) encode(e *encoder) {
	e.u16(w.End)
	e.u16(uint16(w.Code))
	e.text(w.Message)
}

func (w *Withheld) decode(d *decoder) {
	w.End = d.end()
	w.Code = WithheldCode(d.u16())
	w.Message = d.text(MaxRefusal, "reason")
	if !defined(withheldNames, int(w.Code)) {
		d.failf("unknown code %d of what is withheld", w.Code)
	}
}

func (*Ready) encode(*encoder)    {}
func (*Ready) decode(*decoder)    {}
func (*Bye) encode(*encoder)      {}
func (*Bye) decode(*decoder)      {}
func (p *Ping) encode(e *encoder) { e.u64(p.Token) }
func (p *Ping) decode(d *decoder) { p.Token = d.u64() }
func (p *Pong) encode(e *encoder) { e.u64(p.Token) }
func (p *Pong) decode(d *decoder) { p.Token = d.u64() }
