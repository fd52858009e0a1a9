package policy

import (
	"math/bits"
	"slices"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/gen"
)

// Channel is what the configuration decides of a channel. Two that are equal, by
// Equal, can use the same ring.
type Channel struct {
	Producer  string   // a service
	Consumers []string // services; the place is that of the consumer in the ring
	InService bool
	Shape     channel.Shape
}

// Equal says whether nothing has changed for a ring.
func (c *Channel) Equal(d *Channel) bool {
	return c.Producer == d.Producer && c.InService == d.InService && c.Shape == d.Shape && slices.Equal(c.Consumers, d.Consumers)
}

// ChannelOf returns what an entry says; nil for none.
func ChannelOf(c *gen.MpkSecurity_Channel) *Channel {
	if c == nil {
		return nil
	}
	consumers := slices.Sorted(slices.Values(c.Consumer))
	return &Channel{
		Producer: c.GetProducer(), Consumers: consumers,
		InService: c.GetAdministrativeState() != gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE,
		Shape: channel.Shape{
			Consumers: len(consumers), Slots: roundUp(c.GetSlots()), SlotSize: int(c.GetSlotSize()),
			Integrity: channel.Integrity(c.GetIntegrity() - gen.MpkSecurityTypes_ChannelIntegrity_NONE),
			Overflow:  channel.Overflow(c.GetOverflow() - gen.MpkSecurityTypes_ChannelOverflow_BLOCK),
		},
	}
}

// roundUp returns the least power of 2 that is not below n.
func roundUp(n uint32) int {
	if n < 2 {
		return 2
	}
	return 1 << bits.Len32(n-1)
}
