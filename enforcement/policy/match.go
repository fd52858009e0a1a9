package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/optical-net/waveguard/gen"
)

// Match says who may claim a service: a process that satisfies every criterion
// that is set.
type Match struct {
	Domain     string // home domain of the service
	Executable string // absolute path; "" is any
	SHA256     string // of the executable, lower-case hexadecimal; "" is any
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
	SHA256    func() (string, error) // of the file it runs; read only when asked for
}

// Check returns nil if the process may claim the service, else an error that
// says which criterion it misses.
func (m *Match) Check(id Identity) error {
	switch {
	case m.Out:
		return errors.New("the service is administratively out of service")
	case m.Executable == "" && m.SHA256 == "" && m.AnyUID:
		return errors.New("the service matches on nothing; configure executable, executable-sha256 or uid")
	case !m.AnyUID && id.UID != m.UID:
		return fmt.Errorf("it runs as uid %d, the service asks for uid %d", id.UID, m.UID)
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
	sum, err := id.SHA256()
	if err != nil {
		return fmt.Errorf("its executable cannot be read: %w", err)
	}
	if sum != m.SHA256 {
		return fmt.Errorf("its executable has the SHA-256 %s, the service asks for %s", sum, m.SHA256)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
