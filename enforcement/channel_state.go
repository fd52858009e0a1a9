package enforcement

import (
	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/gen"
)

// state reads the counters of every ring and returns how the configured channels stand.
func (b *broker) state() map[string]*gen.MpkSecurity_Channel {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]*gen.MpkSecurity_Channel{}
	for name, c := range b.conduits {
		if c.entry != nil {
			b.countAllLocked(c)
			all[name] = c.state()
		}
	}
	return all
}

func (c *conduit) state() *gen.MpkSecurity_Channel {
	sent := c.traffic.sent
	s := &gen.MpkSecurity_Channel{
		OperationalState: gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE,
		ProducerState:    c.endState(wire.Producer, c.entry.Producer),
		Counters: &gen.MpkSecurity_Channel_Counters{
			Sent: ygot.Uint64(sent.Messages), SentOctets: ygot.Uint64(sent.Octets), Refused: ygot.Uint64(sent.Refused),
		},
		ConsumerEnd: map[string]*gen.MpkSecurity_Channel_ConsumerEnd{},
	}
	if c.ring != nil {
		s.Generation = ygot.Uint64(c.ring.Number())
		s.RingBytes = ygot.Uint64(uint64(c.ring.Shape().RingSize()))
	}
	open := 0
	for _, name := range c.entry.Consumers {
		s.ConsumerEnd[name] = c.consumerState(name)
		if s.ConsumerEnd[name].EndState == gen.MpkSecurityTypes_ChannelEndState_OPEN {
			open++
		}
	}
	switch {
	case s.ProducerState != gen.MpkSecurityTypes_ChannelEndState_OPEN:
	case open < len(c.entry.Consumers):
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
	default:
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	}
	return s
}

func (c *conduit) consumerState(name string) *gen.MpkSecurity_Channel_ConsumerEnd {
	t := c.traffic.of(name)
	return &gen.MpkSecurity_Channel_ConsumerEnd{
		Service: ygot.String(name), EndState: c.endState(wire.Consumer, name), Backlog: ygot.Uint64(c.backlog(name)),
		Counters: &gen.MpkSecurity_Channel_ConsumerEnd_Counters{
			Received: ygot.Uint64(t.Messages), ReceivedOctets: ygot.Uint64(t.Octets),
			Lost: ygot.Uint64(t.Lost), Corrupted: ygot.Uint64(t.Corrupted),
		},
	}
}

// endState says how the end stands that the entry gives a service.
func (c *conduit) endState(role wire.Role, service string) gen.E_MpkSecurityTypes_ChannelEndState {
	for _, e := range c.ends {
		if e.role != role || e.service.name != service {
			continue
		}
		switch {
		case e.refused != nil:
			return gen.MpkSecurityTypes_ChannelEndState_WITHHELD
		case e.open:
			return gen.MpkSecurityTypes_ChannelEndState_OPEN
		}
		return gen.MpkSecurityTypes_ChannelEndState_WAITING
	}
	return gen.MpkSecurityTypes_ChannelEndState_ABSENT
}

// backlog returns how many messages a consumer has still to take, from all rings.
func (c *conduit) backlog(consumer string) (n uint64) {
	rings := c.former
	if c.ring != nil {
		rings = append(rings[:len(rings):len(rings)], c.ring)
	}
	for _, r := range rings {
		for place, name := range r.entry.Consumers {
			if name == consumer {
				n += r.backlog(place)
			}
		}
	}
	return n
}
