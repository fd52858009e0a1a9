package appliance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Channel is a ring by which a service sends messages to others.
type Channel struct {
	Name                string          `json:"name"`
	Producer            string          `json:"producer"`
	ProducerState       string          `json:"producer-state,omitempty"`
	Slots               uint32          `json:"slots,omitempty"`
	SlotSize            uint32          `json:"slot-size,omitempty"` // octets
	Integrity           string          `json:"integrity,omitempty"`
	Overflow            string          `json:"overflow,omitempty"`
	AdministrativeState string          `json:"administrative-state,omitempty"`
	OperationalState    string          `json:"operational-state,omitempty"`
	Generation          Count           `json:"generation,omitempty"`
	RingBytes           Count           `json:"ring-bytes,omitempty"`
	Description         string          `json:"description,omitempty"`
	Counters            ChannelCounters `json:"counters"`
	Consumers           []Consumer      `json:"consumers"`
}

// ChannelCounters count what a producer says that it sent.
type ChannelCounters struct {
	Sent       Count `json:"sent"`
	SentOctets Count `json:"sent-octets"`
	Refused    Count `json:"refused"`
}

// Consumer is a service that receives from a channel.
type Consumer struct {
	Service  string           `json:"service"`
	EndState string           `json:"end-state,omitempty"`
	Backlog  Count            `json:"backlog"`
	Counters ConsumerCounters `json:"counters"`
}

// ConsumerCounters count what a consumer says that it received.
type ConsumerCounters struct {
	Received       Count `json:"received"`
	ReceivedOctets Count `json:"received-octets"`
	Lost           Count `json:"lost"`
	Corrupted      Count `json:"corrupted"`
}

// channelEntry is the list entry of a channel.
type channelEntry struct {
	entry
	Ends struct {
		List []entry `json:"consumer-end"`
	} `json:"consumer-ends"`
}

// configured is what the entry itself says of its consumers.
type configured struct {
	Consumer []string `json:"consumer"`
}

// Channels reads all channels, by name, with their consumers by name.
func (c *Client) Channels(ctx context.Context) (s Sample[[]Channel], err error) {
	text, taken, err := c.get(ctx, under("channels"))
	if err != nil {
		return s, err
	}
	s.Time = taken
	if s.Data, err = readChannels(text); err != nil {
		return s, misread(err)
	}
	slices.SortFunc(s.Data, func(a, b Channel) int { return cmp.Compare(a.Name, b.Name) })
	return s, nil
}

func readChannels(text []byte) ([]Channel, error) {
	entries, err := readEntries[channelEntry](text, "channel")
	if err != nil {
		return nil, err
	}
	channels := make([]Channel, len(entries))
	for i, e := range entries {
		if err := e.fill(&channels[i]); err != nil {
			return nil, fmt.Errorf("read channel %d: %w", i+1, err)
		}
	}
	return channels, nil
}

// fill reads the entry. A consumer of which there is no state yet is there all the same.
func (e channelEntry) fill(c *Channel) error {
	var names configured
	if err := cmp.Or(e.read(c), e.read(&names)); err != nil {
		return err
	}
	c.Consumers = []Consumer{}
	for _, end := range e.Ends.List {
		var one Consumer
		if err := end.read(&one); err != nil {
			return err
		}
		c.Consumers = append(c.Consumers, one)
	}
	for _, name := range names.Consumer {
		if !slices.ContainsFunc(c.Consumers, func(o Consumer) bool { return o.Service == name }) {
			c.Consumers = append(c.Consumers, Consumer{Service: name})
		}
	}
	slices.SortFunc(c.Consumers, func(a, b Consumer) int { return cmp.Compare(a.Service, b.Service) })
	return nil
}
