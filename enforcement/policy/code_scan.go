package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/gen"
)

// CodeScan is what a service asks of the code of the process that provides it. The
// zero value asks nothing.
type CodeScan struct {
	On       bool
	Required bool // without a scan that accepts everything the claim does not hold
	// Accepted are the classes of findings that are accepted, as package scan
	// names them, sorted.
	Accepted []string
}

// CodeScanOf returns what a service, which may be nil, asks.
func CodeScanOf(s *gen.MpkSecurity_Service) CodeScan {
	mode := s.GetCodeScanMode()
	if s == nil || mode == gen.MpkSecurityTypes_CodeScanMode_OFF {
		return CodeScan{}
	}
	c := CodeScan{On: true, Required: mode == gen.MpkSecurityTypes_CodeScanMode_REQUIRE_CLEAN}
	for _, class := range s.CodeScanAccept {
		c.Accepted = append(c.Accepted, strings.ToLower(class.String()))
	}
	if len(c.Accepted) == 0 {
		c.Accepted = []string{"gate"}
	}
	slices.Sort(c.Accepted)
	return c
}

// CodeScanInterval is the time between two looks at the code of a process.
func CodeScanInterval(r Reader) time.Duration {
	return time.Duration(r.System().GetCodeScanInterval()) * time.Second
}
