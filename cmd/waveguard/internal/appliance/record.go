package appliance

import "time"

// Sample is what the appliance said at one time.
type Sample[T any] struct {
	Time time.Time // by the appliance's clock
	Data T
}

// System is the appliance as a whole. The names in JSON are those of the
// models, for this and the other records.
type System struct {
	Name            string     `json:"name"`
	Version         string     `json:"version,omitempty"`
	Backend         string     `json:"backend,omitempty"`
	Strength        string     `json:"isolation-strength,omitempty"`
	MinimumStrength string     `json:"minimum-isolation-strength,omitempty"`
	HardwareKeys    uint8      `json:"hardware-keys"`
	BootTime        *time.Time `json:"boot-time,omitempty"`
	PolicyEpoch     Count      `json:"policy-epoch"`
}

// Domain is a protection domain.
type Domain struct {
	Name                string         `json:"name"`
	ID                  uint16         `json:"id"`
	PrivilegeLevel      string         `json:"privilege-level"`
	AdministrativeState string         `json:"administrative-state,omitempty"`
	EnforcementMode     string         `json:"enforcement-mode,omitempty"`
	OperationalState    string         `json:"operational-state,omitempty"`
	Strength            string         `json:"isolation-strength,omitempty"`
	Description         string         `json:"description,omitempty"`
	Counters            DomainCounters `json:"counters"`
}

// DomainCounters count calls into a domain, but for UnmatchedDenied and
// CallsTolerated, which count those out of it.
type DomainCounters struct {
	EntriesPermitted Count `json:"entries-permitted"`
	EntriesDenied    Count `json:"entries-denied"`
	EntriesTolerated Count `json:"entries-tolerated"`
	CallsTolerated   Count `json:"calls-tolerated"`
	UnmatchedDenied  Count `json:"unmatched-denied"`
	Faults           Count `json:"protection-key-faults"`
}

// Service is a workload that processes may claim.
type Service struct {
	Name             string          `json:"name"`
	Domain           string          `json:"domain"`
	Attached         bool            `json:"attached"`
	OperationalState string          `json:"operational-state,omitempty"`
	Strength         string          `json:"isolation-strength,omitempty"`
	ProcessID        uint32          `json:"process-id,omitempty"`
	AttachTime       *time.Time      `json:"attach-time,omitempty"`
	Executable       string          `json:"executable,omitempty"`
	ExecutableSHA256 string          `json:"executable-sha256,omitempty"`
	Cgroup           string          `json:"cgroup,omitempty"`
	UID              *uint32         `json:"uid,omitempty"`
	Description      string          `json:"description,omitempty"`
	Counters         ServiceCounters `json:"counters"`
	// The process that provides it, as the kernel had it when it attached.
	ProviderExecutable       string     `json:"provider-executable,omitempty"`
	ProviderExecutableSHA256 string     `json:"provider-executable-sha256,omitempty"`
	ProviderCgroup           string     `json:"provider-cgroup,omitempty"`
	ProviderUID              *uint32    `json:"provider-uid,omitempty"`
	ProviderStartTime        *time.Time `json:"provider-start-time,omitempty"`

	LastViolation *LastViolation `json:"last-violation,omitempty"`
	CodeScan      *CodeScan      `json:"code-scan,omitempty"`
}

// CodeScan is what is known of the code of the process that provides a service:
// numbers of findings by their class.
type CodeScan struct {
	Verdict     string     `json:"verdict,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Time        *time.Time `json:"time,omitempty"`
	Mappings    uint32     `json:"mappings"`
	Bytes       Count      `json:"bytes"`
	Replaceable uint32     `json:"replaceable"` // mappings whose code can be replaced unseen
	Proven      uint32     `json:"proven"`
	Gate        uint32     `json:"gate"`
	Entry       uint32     `json:"entry"`
	Masked      uint32     `json:"masked"`
	Identity    uint32     `json:"identity"`
	Open        uint32     `json:"open"`
}

// ServiceCounters count what a service did.
type ServiceCounters struct {
	Attaches       Count `json:"attaches"`
	CallsPermitted Count `json:"calls-permitted"`
	CallsDenied    Count `json:"calls-denied"`
	CallsTolerated Count `json:"calls-tolerated"`
	RateLimited    Count `json:"rate-limited"`
	DwellExceeded  Count `json:"dwell-exceeded"`
	Faults         Count `json:"protection-key-faults"`
	Violations     Count `json:"violations"`
	LostReports    Count `json:"lost-reports"`
}

// LastViolation is the latest that was laid to a service.
type LastViolation struct {
	Time         *time.Time `json:"time,omitempty"`
	Kind         string     `json:"kind,omitempty"`
	TargetDomain string     `json:"target-domain,omitempty"`
	Address      string     `json:"address,omitempty"`
}

// Transition is what one domain may call of another.
type Transition struct {
	Source       string             `json:"source"`
	Target       string             `json:"target"`
	Action       string             `json:"action"`
	Operations   []string           `json:"operation,omitempty"` // none is all
	FastPath     *bool              `json:"fast-path,omitempty"`
	MaxRate      uint32             `json:"max-rate,omitempty"`       // calls per second; 0 is unlimited
	MaxDwellTime uint32             `json:"max-dwell-time,omitempty"` // microseconds; 0 is unlimited
	Counters     TransitionCounters `json:"counters"`
}

// TransitionCounters count calls.
type TransitionCounters struct {
	Permitted     Count      `json:"permitted"`
	Denied        Count      `json:"denied"`
	Tolerated     Count      `json:"tolerated"`
	RateLimited   Count      `json:"rate-limited"`
	DwellExceeded Count      `json:"dwell-exceeded"`
	LastDenied    *time.Time `json:"last-denied,omitempty"`
}
