package wire

import (
	"fmt"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// Limits of the protocol.
const (
	// MaxMessage is the most bytes of one message.
	MaxMessage = 1 << 16
	// MaxServices is the most services of one host process.
	MaxServices = 1024
	// MaxOperations is the most operations of one service, and of one domain.
	MaxOperations = 32
	// MaxName is the most bytes of a name.
	MaxName = 63
	// MaxChannels is the most ends of channels of one service.
	MaxChannels = 32
	// MaxEnds is the most ends of channels of one host process.
	MaxEnds = 256
	// MaxConsumers is the most consumers of a channel.
	MaxConsumers = 32
	// MaxRefusal is the most bytes of a refusal's message.
	MaxRefusal = 1024
	// NoOperation is the operation of a violation that concerns none.
	NoOperation = 0xffff

	maxDomainID = 4095
	maxLevel    = 4
	maxKeys     = 15
)

// Message is one of *Hello, *Welcome, *Refused, *Ready, *Violation, *Bye,
// *Ping, *Pong, *Channel, *Mapped and *Withheld.
type Message interface {
	messageType() messageType
	encode(*encoder)
	decode(*decoder)
}

type messageType uint16

const (
	typeHello messageType = iota + 1
	typeWelcome
	typeRefused
	typeReady
	typeViolation
	typeBye
	typePing
	typePong
	typeChannel
	typeMapped
	typeWithheld
)

// Hello asks to attach a process with the services it hosts.
type Hello struct {
	ABI       uint32 // of the pages, page.ABI
	Backend   mpk.Kind
	Strength  mpk.Strength
	Keys      uint8  // hardware keys the process holds
	Continues uint64 // attachment that this one continues; 0 for the first
	Services  []Service
}

// Service is one service of a host process.
type Service struct {
	Name       string
	Operations []string // what other domains may call, in bit order
	Channels   []End
}

// End is an end of a channel that a service registers.
type End struct {
	Role    Role
	Channel string
}

// Welcome grants an attachment. It travels with Files.
type Welcome struct {
	Attachment uint64
	Hosted     []Hosted // in the order of Hello.Services
}

// Hosted says which domain a service lives in.
type Hosted struct {
	Service  string
	Domain   string
	DomainID uint16
	Level    uint8 // privilege level
}

// Refused declines a Hello; the daemon then closes the socket.
type Refused struct {
	Code    RefusalCode
	Message string
}

// Error makes a refusal an error that shows the daemon's message.
func (r *Refused) Error() string {
	return fmt.Sprintf("refused by the daemon (%v): %s", r.Code, r.Message)
}

// Ready says that the service has mapped its pages and obeys them.
type Ready struct{}

// Violation reports something that the policy forbids.
type Violation struct {
	Kind        Kind
	Severity    Severity
	Service     uint16 // index in Hello.Services of the service whose code ran
	Source      uint16 // local index of the domain it ran in
	Target      uint16 // local index of the domain it tried to reach
	Operation   uint16 // bit of the target, or NoOperation
	ThreadID    uint32 // of the kernel
	Address     uint64 // touched, 0 for none
	Occurrences uint32 // what this message stands for
	Lost        uint64 // reports dropped since the process started
	Outcome     Outcome
}

// Bye ends an attachment on purpose.
type Bye struct{}

// Ping asks the other side for a Pong with the same token.
type Ping struct{ Token uint64 }

// Pong answers a Ping.
type Pong struct{ Token uint64 }

// Channel hands the memory of an end over. It travels with files: the control page, the
// ring and the bell for room; then the cursor and the bell for news of each consumer, or of the
// consumer whose end it is.
type Channel struct {
	End        uint16 // in the order of Hello
	Role       Role
	Consumers  uint8 // places of the channel
	Place      uint8 // of a consumer
	Generation uint64
}

// Files returns how many descriptors travel with the message.
func (c *Channel) Files() int {
	if c.Role == Producer {
		return 3 + 2*int(c.Consumers)
	}
	return 5
}

// Mapped says that an end is mapped.
type Mapped struct {
	End        uint16
	Generation uint64
}

// Withheld says that an end cannot be mapped, and why.
type Withheld struct {
	End     uint16
	Code    WithheldCode
	Message string
}

// Error makes it an error that shows the daemon's message.
func (w *Withheld) Error() string {
	return fmt.Sprintf("withheld by the daemon (%v): %s", w.Code, w.Message)
}

func (*Hello) messageType() messageType     { return typeHello }
func (*Welcome) messageType() messageType   { return typeWelcome }
func (*Refused) messageType() messageType   { return typeRefused }
func (*Ready) messageType() messageType     { return typeReady }
func (*Violation) messageType() messageType { return typeViolation }
func (*Bye) messageType() messageType       { return typeBye }
func (*Ping) messageType() messageType      { return typePing }
func (*Pong) messageType() messageType      { return typePong }
func (*Channel) messageType() messageType   { return typeChannel }
func (*Mapped) messageType() messageType    { return typeMapped }
func (*Withheld) messageType() messageType  { return typeWithheld }

func newMessage(t messageType) (Message, error) {
	switch t {
	case typeHello:
		return new(Hello), nil
	case typeWelcome:
		return new(Welcome), nil
	case typeRefused:
		return new(Refused), nil
	case typeReady:
		return new(Ready), nil
	case typeViolation:
		return new(Violation), nil
	case typeBye:
		return new(Bye), nil
	case typePing:
		return new(Ping), nil
	case typePong:
		return new(Pong), nil
	case typeChannel:
		return new(Channel), nil
	case typeMapped:
		return new(Mapped), nil
	case typeWithheld:
		return new(Withheld), nil
	default:
		return nil, fmt.Errorf("unknown message type %d", t)
	}
}
