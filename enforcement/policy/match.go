package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/gen"
)

// Match says who may claim a service: a process that satisfies every criterion
// that is set.
type Match struct {
	Domain     string // home domain of the service
	Executable string // absolute path; "" is any
	SHA256     string // of the executable, lower-case hexadecimal; "" is any
	Cgroup     string // that it is in or below; "" is any
	UID        uint32
	AnyUID     bool
	// Out says that the service is administratively out of service.
	Out bool
}

// MatchOf returns the match of a service.
func MatchOf(s *gen.MpkSecurity_Service) *Match {
	return &Match{
		Domain:     s.GetDomain(),
		Executable: s.GetExecutable(),
		SHA256:     s.GetExecutableSha256(),
		Cgroup:     s.GetCgroup(),
		UID:        s.GetUid(),
		AnyUID:     s.Uid == nil,
		Out:        s.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE,
	}
}

// Identity is what the kernel says of a process.
type Identity struct {
	PID        int
	UID        uint32
	Executable string // absolute path of what it runs
	// Elsewhere says that the process sees other file systems than the daemon
	// does: whoever made them chose what its path leads to.
	Elsewhere bool
	Digest    *Digest // of the file it runs; nil if nobody may ask for it
	Cgroup    string  // of version 2, as the daemon sees it; "" if the host has none
	// Start is when it started, in ticks of the kernel since the host did: with
	// the number it tells the process from every other one.
	Start   uint64
	Started time.Time // the same by the clock
	// Stack is where the kernel laid out its stack: as a rule elsewhere for each program
	// that it executes.
	Stack uint64
}

// Is says whether both are the same process.
func (id Identity) Is(other Identity) bool { return id.PID == other.PID && id.Start == other.Start }

// Check returns nil if the process may claim the service, else an error that
// says which criterion it misses: [ErrDigestUnknown] if only the digest is left,
// which Check does not compute.
func (m *Match) Check(id Identity) error {
	switch {
	case m.Out:
		return errors.New("the service is administratively out of service")
	case m.Executable == "" && m.SHA256 == "" && m.Cgroup == "" && m.AnyUID:
		return errors.New("the service matches on nothing; configure executable, executable-sha256, cgroup or uid")
	case !m.AnyUID && id.UID != m.UID:
		return fmt.Errorf("it runs as uid %d, the service asks for uid %d", id.UID, m.UID)
	case m.Cgroup != "" && id.Cgroup == "":
		return errors.New("this host has no cgroups of version 2; mount them, or take cgroup out of the service")
	case m.Cgroup != "" && id.Cgroup != m.Cgroup && !strings.HasPrefix(id.Cgroup, m.Cgroup+"/"):
		return fmt.Errorf("it is in cgroup %s, the service asks for %s or one below", id.Cgroup, m.Cgroup)
	case m.Executable != "" && id.Executable != m.Executable:
		return fmt.Errorf("it runs %s, the service asks for %s", id.Executable, m.Executable)
	case m.Executable != "" && id.Elsewhere && m.SHA256 == "":
		return errors.New("it runs in a mount namespace of its own, such as a container's, where a path proves nothing; configure executable-sha256 as well")
	case m.SHA256 != "":
		return m.checkDigest(id)
	}
	return nil
}

func (m *Match) checkDigest(id Identity) error {
	sum, err := id.Digest.Known()
	switch {
	case errors.Is(err, ErrDigestUnknown):
		return err
	case err != nil:
		return fmt.Errorf("its executable cannot be read: %w", err)
	case sum != m.SHA256:
		return fmt.Errorf("its executable has the SHA-256 %s, the service asks for %s", sum, m.SHA256)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
