package mpk

import (
	"context"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/enforcement/keys"
)

var (
	// ErrUnsupported reports that this machine or operating system lacks
	// what a backend needs.
	ErrUnsupported = errors.New("not supported here")
	// ErrDepth reports that a thread is inside too many domains.
	ErrDepth = errors.New("domains nest too deep")
	// ErrRights reports that a thread did not have the rights it should
	// have, or did not get those it was given.
	ErrRights = errors.New("thread rights are not what they must be")
	// ErrSealed reports that a domain has regions whose key cannot change.
	ErrSealed = errors.New("regions are sealed under their key until the process ends")
	// ErrClosed reports the use of a domain or region after its Close.
	ErrClosed = errors.New("already closed")
)

// Backend keeps the regions of a process's domains apart. Its methods may be
// called from several goroutines at once.
type Backend interface {
	// Kind says which mechanism this is.
	Kind() Kind
	// Strength says what the mechanism gives a domain of a Go process.
	Strength() Strength
	// Keys returns the number of hardware keys that the backend holds, used
	// and free together; 0 where it needs none.
	Keys() int
	// NewDomain makes a domain, of which there can be more than hardware keys:
	// the options say which ones keep theirs. It returns keys.ErrBusy when one
	// is to be pinned and too many are already.
	NewDomain(name string, o keys.Options) (*Domain, error)
	// NewThread returns the state of the calling thread, which is outside every
	// domain.
	NewThread() Thread
}

// Thread is where one thread is: outside every domain, or inside one, into which
// it came through others. It lies in memory of no domain. Its methods are for
// that thread alone.
//
// Preconditions of each: the goroutine is locked to its thread, and was from
// before the first Enter until after the last Leave.
type Thread interface {
	// Enter moves the thread into a domain; with hardware keys it waits while
	// every one is in use by threads inside other domains. It returns ErrRights,
	// leaving the thread as it was, when the thread's rights are not what they
	// must be where it is; ErrDepth; ctx's error after a wait; or the error of a
	// system call.
	Enter(ctx context.Context, to *Domain) error
	// Leave moves the thread back to where it came from, whatever rights it had:
	// the way back must not depend on what code inside did. After an error the
	// thread's rights are unknown and it must not go on.
	Leave() error
	// Pause closes everything to the thread, and Resume opens again what was:
	// meanwhile the domains that it came through can do without their keys.
	// The errors are those of Leave.
	Pause() error
	Resume() error
}

// RightsError says which rights a thread had and which it should have had.
// It matches ErrRights.
type RightsError struct {
	Got, Want uint32 // PKRU values
	Step      string // what was being done
}

func (e *RightsError) Error() string {
	return fmt.Sprintf("%s: PKRU is %#08x, want %#08x", e.Step, e.Got, e.Want)
}

// Is makes errors.Is(err, ErrRights) true.
func (e *RightsError) Is(target error) bool { return target == ErrRights }

// Detect returns the strongest backend that works. It does not believe
// feature flags: it allocates, protects a page and watches an access being
// refused. Open(KindPKU) tells why protection keys were not chosen. It
// returns ErrUnsupported where no wall can be built.
func Detect() (Backend, error) {
	if b, err := Open(KindPKU); err == nil {
		return b, nil
	}
	return Open(KindMprotect)
}

// HostHasKeys reports whether processor and kernel have protection keys switched
// on, for whichever process.
func HostHasKeys() bool { return hasOSPKE() }

// Open returns the backend of one kind, or says why it does not work here:
// ErrUnsupported, or the error of a system call. The PKU backend is one per
// process, and every call returns it.
func Open(kind Kind) (Backend, error) {
	switch kind {
	case KindPKU:
		return processPKU()
	case KindMprotect:
		return openMprotect()
	case KindNone:
		return noWalls{}, nil
	default:
		return nil, fmt.Errorf("open backend %v: %w", kind, ErrUnsupported)
	}
}
