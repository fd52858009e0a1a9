package mpk

import (
	"errors"
	"fmt"
)

var (
	// ErrUnsupported reports that this machine or operating system lacks
	// what a backend needs.
	ErrUnsupported = errors.New("not supported here")
	// ErrNoKeys reports that more domains were asked for than the machine
	// has hardware keys left.
	ErrNoKeys = errors.New("no hardware protection key left")
	// ErrRights reports that a thread did not have the rights it should
	// have, or did not get those it was given.
	ErrRights = errors.New("thread rights are not what they must be")
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
	// NewDomain assigns what a new domain needs. It returns ErrNoKeys when
	// every hardware key has a domain already.
	NewDomain(name string) (*Domain, error)
	// Switch moves the calling thread from one domain to another; nil is
	// the state outside every domain. It returns ErrRights, leaving the
	// thread as it was, when the thread is not in from.
	//
	// Preconditions: the goroutine is locked to its thread.
	Switch(from, to *Domain) error
	// Restore moves the thread as Switch does, whatever rights it had: the
	// way back, which must not depend on what code inside from did. After
	// an error the thread's rights are unknown and it must not go on.
	//
	// Preconditions: the goroutine is locked to its thread.
	Restore(from, to *Domain) error
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
