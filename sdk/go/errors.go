package waveguard

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

var (
	// ErrDenied is matched by every *Denied.
	ErrDenied = errors.New("denied by policy")
	// ErrDwell is matched by every *Overstay.
	ErrDwell = errors.New("stayed longer than policy permits")
	// ErrNotHosted reports a service, or an operation of one, that this
	// process does not host. Gates lead only to services of one process.
	ErrNotHosted = errors.New("not hosted by this process")
	// ErrDepth reports calls nested more than 16 deep.
	ErrDepth = errors.New("calls nested too deep")
	// ErrClosed reports the use of a host after Close, or of a thread after
	// its Run.
	ErrClosed = errors.New("already closed")
	// ErrNotOpen reports an end of a channel that the daemon has not opened, or has closed. The
	// error says why.
	ErrNotOpen = errors.New("channel is not open")
	// ErrIdentity reports that the daemon now places a service in another
	// domain than the one that owns its memory here.
	ErrIdentity = errors.New("daemon changed the domain of a service")
)

// Reason says why a gate refused. Its String is the name of the violation
// kind in the YANG models.
type Reason = wire.Kind

// The reasons of a *Denied.
const (
	ReasonTransition   = wire.TransitionDenied   // no policy permits the call
	ReasonOperation    = wire.OperationDenied    // the operation is not among those permitted
	ReasonRate         = wire.RateExceeded       // more calls per second than permitted
	ReasonOutOfService = wire.DomainOutOfService // one of the domains is out of service or isolated
)

// Denied reports a call that policy does not permit. It matches ErrDenied.
type Denied struct {
	Source, Target string // domains
	Operation      string // service and operation
	Reason         Reason
}

func (e *Denied) Error() string {
	return fmt.Sprintf("call of %s from domain %s into domain %s: denied by policy: %v",
		e.Operation, e.Source, e.Target, e.Reason)
}

// Is makes errors.Is(err, ErrDenied) true.
func (e *Denied) Is(target error) bool { return target == ErrDenied }

// Overstay reports that a call was inside its target for longer than policy permits.
// It is the cause with which a handler's context ends, and what its caller gets in
// place of the error that the handler then returns; what it returns without an error
// is its result, late. It matches ErrDwell.
type Overstay struct {
	Source, Target string // domains
	Operation      string // service and operation
	Limit          time.Duration
	Err            error // of the handler; nil as the cause of a context
}

func (e *Overstay) Error() string {
	text := fmt.Sprintf("call of %s from domain %s into domain %s: stayed longer than %v", e.Operation, e.Source, e.Target, e.Limit)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is makes errors.Is(err, ErrDwell) true.
func (e *Overstay) Is(target error) bool { return target == ErrDwell }

// Unwrap returns the handler's error.
func (e *Overstay) Unwrap() error { return e.Err }

// Fault reports that code touched region memory it has no right to. The code
// was ended where it stood.
type Fault struct {
	Service        string // whose code it was
	Source, Target string // domain it ran in, domain that owns the region
	Address        uintptr
}

func (e *Fault) Error() string {
	return fmt.Sprintf("protection fault: service %s in domain %s touched %#x of domain %s",
		e.Service, e.Source, e.Address, e.Target)
}

// PanicError reports that an operation's handler panicked. The caller's
// thread is back in its domain.
type PanicError struct {
	Operation string // service and operation
	Value     any    // what the handler panicked with
	Stack     []byte // of the panic, for people
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("handler of %s panicked: %v", e.Operation, e.Value)
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// faultAddress returns the address of the memory fault that a recovered panic
// stands for.
func faultAddress(cause any) (uintptr, bool) {
	fault, ok := cause.(interface {
		runtime.Error
		Addr() uintptr
	})
	if !ok {
		return 0, false
	}
	return fault.Addr(), true
}
