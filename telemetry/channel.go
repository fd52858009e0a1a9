package telemetry

import (
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/tree"
)

// writeChannels writes how the configured channels and their consumers stand.
func (c *Collector) writeChannels(e *tree.Editor, next map[string]*gen.MpkSecurity_Channel) error {
	if err := writeEntries(e, c.paths.channel, c.prev.Channel, next); err != nil {
		return err
	}
	ends := map[string][]string{}
	for name, v := range next {
		if e.Find(c.paths.channel(name)) == nil {
			continue
		}
		if err := c.writeConsumers(e, name, v); err != nil {
			return err
		}
		for consumer := range v.ConsumerEnd {
			ends[name] = append(ends[name], consumer)
		}
	}
	c.ends = ends
	return nil
}

// writeConsumers writes the consumers of a channel. No configuration stands behind the
// entries: they come and go with the source's word.
func (c *Collector) writeConsumers(e *tree.Editor, channel string, next *gen.MpkSecurity_Channel) error {
	for _, consumer := range c.ends[channel] {
		if next.ConsumerEnd[consumer] != nil {
			continue
		}
		if _, err := e.DeletePath(c.paths.consumer(channel, consumer)); err != nil {
			return err
		}
	}
	var prev map[string]*gen.MpkSecurity_Channel_ConsumerEnd
	if was := c.prev.Channel[channel]; was != nil {
		prev = was.ConsumerEnd
	}
	for consumer, v := range next.ConsumerEnd {
		if err := view.Write(e, c.paths.consumer(channel, consumer), prev[consumer], v); err != nil {
			return err
		}
	}
	return nil
}
