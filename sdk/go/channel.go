package waveguard

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
)

// ChannelSpec is an end of a channel that a service registers. The daemon's configuration
// must know the channel, and the service in that role.
type ChannelSpec struct {
	Name string // of the channel
	Role Role

	// Poll is how long a thread that has nothing to do looks again and again before it waits
	// outside the domain until it is woken, which takes microseconds more: 0 for not at all,
	// PollForever for as long as it takes.
	Poll time.Duration
}

// PollForever keeps a processor busy as long as a thread waits.
const PollForever = time.Duration(math.MaxInt64)

// Role is a side of a channel.
type Role = wire.Role

// The roles.
const (
	Producer = wire.Producer
	Consumer = wire.Consumer
)

// Message is what a Receiver returns. Its Payload lies in memory of the service's domain and
// can be used until the receiver's next call. Sequence counts anew when the ring is another
// one, as after a restart of the daemon or the producer. Lost is how many messages were
// overwritten before this one.
type Message = channel.Message

// Corrupted reports a message that was skipped, because it fails its check. The next call goes
// on behind it.
type Corrupted = channel.Corrupted

// The errors of channels, besides ErrNotOpen.
var (
	// ErrFull reports that a consumer has not yet taken the message that is in the way.
	ErrFull = channel.ErrFull
	// ErrEmpty reports that there is no message.
	ErrEmpty = channel.ErrEmpty
	// ErrTooLarge reports a message of more octets than the channel is configured for.
	ErrTooLarge = channel.ErrTooLarge
	// ErrNoLoan reports a Publish or Discard without a Loan.
	ErrNoLoan = channel.ErrNoLoan
	// ErrLoaned reports that the thread has a Loan of the Sender already.
	ErrLoaned = errors.New("thread has a loan")
)

func checkChannels(specs []ChannelSpec) error {
	type side struct {
		name string
		role Role
	}
	seen := map[side]bool{}
	for _, c := range specs {
		switch at := (side{c.Name, c.Role}); {
		case c.Role != Producer && c.Role != Consumer:
			return fmt.Errorf("channel %s: role %v is neither Producer nor Consumer", c.Name, c.Role)
		case seen[at]:
			return fmt.Errorf("channel %s: registered twice as %v", c.Name, c.Role)
		default:
			seen[at] = true
		}
	}
	if len(specs) > wire.MaxChannels {
		return fmt.Errorf("%d channels, at most %d", len(specs), wire.MaxChannels)
	}
	return nil
}

// addEnd registers the next end of the host.
func (s *Service) addEnd(spec ChannelSpec) {
	e := &end{host: s.host, service: s, index: len(s.host.ends), spec: spec, stirred: make(chan struct{}, 1)}
	e.lock.free = make(chan struct{}, 1)
	s.host.ends = append(s.host.ends, e)
	if spec.Role == Producer {
		s.senders = with(s.senders, spec.Name, &Sender{end: e})
		return
	}
	s.receivers = with(s.receivers, spec.Name, &Receiver{end: e})
}

func with[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = make(map[string]V)
	}
	m[key] = value
	return m
}

// Sender returns the producer's end of a channel. It returns ErrNotHosted if the service did not
// register it.
func (s *Service) Sender(channel string) (*Sender, error) {
	if e, ok := s.senders[channel]; ok {
		return e, nil
	}
	return nil, s.noEnd(channel, Producer)
}

// Receiver returns the consumer's end of a channel. It returns ErrNotHosted if the service did not
// register it.
func (s *Service) Receiver(channel string) (*Receiver, error) {
	if e, ok := s.receivers[channel]; ok {
		return e, nil
	}
	return nil, s.noEnd(channel, Consumer)
}

func (s *Service) noEnd(channel string, role Role) error {
	return fmt.Errorf("channel %s: service %s did not register it as %v, see ServiceSpec.Channels: %w", channel, s.name, role, ErrNotHosted)
}
