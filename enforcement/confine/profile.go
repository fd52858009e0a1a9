package confine

import (
	"errors"
	"fmt"
	"slices"
)

// Profile is what a program needs to keep.
type Profile uint8

const (
	// Plain is for a program that knows nothing of walls: it keeps none of the
	// system calls about protection keys.
	Plain Profile = iota
	// Region is for a program with an SDK in it, which tags its regions with keys.
	// It can take no key that is free, nor put memory under key 0.
	Region
)

var profiles = [...]string{Plain: "plain", Region: "region"}

// String returns the profile's name.
func (p Profile) String() string {
	if int(p) < len(profiles) {
		return profiles[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// ParseProfile returns the profile of that name.
func ParseProfile(name string) (Profile, error) {
	for p, n := range profiles {
		if n == name {
			return Profile(p), nil
		}
	}
	return 0, fmt.Errorf("there is no profile %q; there are %q", name, profiles)
}

// Policy says how strictly a profile is held.
type Policy struct {
	Profile Profile
	// Permissive lets everything pass, and has the kernel log what would have been
	// refused (audit records of type SECCOMP).
	Permissive bool
	// CodeGeneration lets memory be written and then executed, which compilers at
	// run time need. Then no scan of the program says what it will execute.
	CodeGeneration bool
	// FixedCode lets no more code be mapped than the kernel does at the start. It is
	// for programs without a loader (linked statically) that start no others.
	FixedCode bool
	// AllowProc leaves files of /proc open to profile Region, with those that lead past all keys.
	AllowProc bool
	// AllowCalls are names of system calls that are not refused although they are in Refusals.
	AllowCalls []string
}

// Check returns an error for a name in AllowCalls that nothing refuses, and for what contradicts
// itself.
func (p Policy) Check() error {
	if p.FixedCode && p.CodeGeneration {
		return errors.New("code cannot be both fixed and generated")
	}
	allowed := p.AllowCalls
	p.AllowCalls = nil
	for _, name := range allowed {
		if !slices.ContainsFunc(Refusals(p), func(r Refusal) bool { return r.has(name) }) {
			return fmt.Errorf("the system call %q is not among those that are refused", name)
		}
	}
	return nil
}

func (r Refusal) has(name string) bool {
	return slices.ContainsFunc(r.Calls, func(c Call) bool { return c.Name == name })
}
