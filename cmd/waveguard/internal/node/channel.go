package node

import (
	"encoding/binary"
	"math"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// opticalPower is the channel by which performance-monitoring sends each reading to
// dashboard, as it is taken.
const opticalPower = "optical-power"

// ends are the ends of channels that services register.
var ends = map[string][]waveguard.ChannelSpec{
	performanceMonitoring: {{Name: opticalPower, Role: waveguard.Producer}},
	dashboard:             {{Name: opticalPower, Role: waveguard.Consumer}},
}

// inside is a caller and its ends of channels.
type inside struct {
	*waveguard.Thread
	home *waveguard.Service
}

// Send implements caller.
func (i inside) Send(channel string, message []byte) bool {
	s, err := i.home.Sender(channel)
	return err == nil && s.TrySend(i.Thread, message) == nil
}

// Receive implements caller.
func (i inside) Receive(channel string) ([]byte, bool) {
	r, err := i.home.Receiver(channel)
	if err != nil {
		return nil, false
	}
	m, err := r.TryReceive(i.Thread)
	return m.Payload, err == nil
}

// sampleBytes is the size of a sample: link and sequence, uint64, power and OSNR, binary64.
const sampleBytes = 32

// sample is a reading on its way.
type sample struct {
	link, sequence uint64
	power, osnr    float64
}

func (s sample) message() []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, sampleBytes), s.link)
	b = binary.LittleEndian.AppendUint64(b, s.sequence)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.power))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(s.osnr))
}

// sampleOf returns false for what is no sample.
func sampleOf(message []byte) (sample, bool) {
	if len(message) != sampleBytes {
		return sample{}, false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(message[8*i:]) }
	return sample{word(0), word(1), math.Float64frombits(word(2)), math.Float64frombits(word(3))}, true
}
