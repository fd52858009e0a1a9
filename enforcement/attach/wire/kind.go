package wire

import "fmt"

// Kind says what was violated. Its names are the identities derived from
// violation-kind in the YANG models.
type Kind uint8

// The kinds of violation.
const (
	TransitionDenied Kind = iota + 1
	OperationDenied
	RateExceeded
	DwellExceeded
	DomainOutOfService
	ProtectionKeyFault
	AttachRefused    // found by the daemon itself
	UnprovenCode     // found by the daemon itself
	ChannelDenied    // found by the daemon itself
	MessageCorrupted // found by the daemon itself, in what consumers count
)

var kindNames = []string{
	TransitionDenied:   "transition-denied",
	OperationDenied:    "operation-denied",
	RateExceeded:       "rate-exceeded",
	DwellExceeded:      "dwell-exceeded",
	DomainOutOfService: "domain-out-of-service",
	ProtectionKeyFault: "protection-key-fault",
	AttachRefused:      "attach-refused",
	UnprovenCode:       "unproven-code",
	ChannelDenied:      "channel-denied",
	MessageCorrupted:   "message-corrupted",
}

// String returns the name of the kind in the YANG models.
func (k Kind) String() string { return nameOf(kindNames, int(k), "Kind") }

// Severity says how bad a violation is. Its names are those of severity in
// the YANG models.
type Severity uint8

// The severities, mildest first.
const (
	Minor Severity = iota + 1
	Moderate
	Severe
	Critical
)

var severityNames = []string{Minor: "MINOR", Moderate: "MODERATE", Severe: "SEVERE", Critical: "CRITICAL"}

// String returns the name of the severity in the YANG models.
func (s Severity) String() string { return nameOf(severityNames, int(s), "Severity") }

// Severity returns how bad a violation of this kind is by itself.
func (k Kind) Severity() Severity {
	switch k {
	case ProtectionKeyFault, AttachRefused, UnprovenCode, MessageCorrupted:
		return Severe
	case TransitionDenied, OperationDenied, ChannelDenied:
		return Moderate
	default:
		return Minor
	}
}

// Outcome says what came of a violation.
type Outcome uint8

// The outcomes.
const (
	Stopped   Outcome = iota // the call was refused, or the access stopped
	Tolerated                // it was let through: the source is permissive
)

// RefusalCode says why the daemon refused a Hello.
type RefusalCode uint16

// The reasons for a refusal.
const (
	RefusedABI      RefusalCode = iota + 1 // version of the pages not supported
	RefusedUnknown                         // a service is not in the configuration
	RefusedIdentity                        // the process is not what the configuration demands
	RefusedClaimed                         // a service is attached already
	RefusedLimit                           // too many domains or operations
	RefusedStrength                        // isolation weaker than the configured minimum
	RefusedInternal                        // the daemon cannot serve the attachment now
)

var refusalNames = []string{
	RefusedABI:      "abi",
	RefusedUnknown:  "unknown-service",
	RefusedIdentity: "identity-mismatch",
	RefusedClaimed:  "already-attached",
	RefusedLimit:    "limit",
	RefusedStrength: "insufficient-strength",
	RefusedInternal: "internal",
}

// String returns a short name of the code.
func (c RefusalCode) String() string { return nameOf(refusalNames, int(c), "RefusalCode") }

// Role is a side of a channel.
type Role uint8

// The roles.
const (
	Producer Role = iota + 1
	Consumer
)

var roleNames = []string{Producer: "producer", Consumer: "consumer"}

// String returns the name of the role.
func (r Role) String() string { return nameOf(roleNames, int(r), "Role") }

// WithheldCode says why an end of a channel cannot be mapped.
type WithheldCode uint16

// The reasons for which an end is withheld.
const (
	WithheldUnknown  WithheldCode = iota + 1 // no entry gives the channel to the service in this role
	WithheldService                          // the channel, the service or its domain is out of service or isolated
	WithheldWaiting                          // the producer has not mapped its end yet
	WithheldInternal                         // the daemon cannot make the memory now
)

var withheldNames = []string{
	WithheldUnknown:  "unknown-channel",
	WithheldService:  "out-of-service",
	WithheldWaiting:  "waiting",
	WithheldInternal: "internal",
}

// String returns a short name of the code.
func (c WithheldCode) String() string { return nameOf(withheldNames, int(c), "WithheldCode") }

func defined(names []string, value int) bool { return value > 0 && value < len(names) }

func nameOf(names []string, value int, typeName string) string {
	if !defined(names, value) {
		return fmt.Sprintf("%s(%d)", typeName, value)
	}
	return names[value]
}
