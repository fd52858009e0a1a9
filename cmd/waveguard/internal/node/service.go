package node

import "time"

// service is one of the node's. Before anything else settle is called once,
// and that, step and report are called inside the service's domain only.
type service interface {
	name() string
	// regionBytes is how much memory the service's state takes.
	regionBytes() int
	// operations are what others may call, each inside the domain.
	operations() []operation
	// settle makes zeroed memory the service's state.
	settle(memory block) error
	// step does one turn of work.
	step(c caller, now time.Time)
	report() report
}

// operation is what a service does for others.
type operation struct {
	name   string
	handle func(argument any) any
}

// serve adapts a function to an operation. Only the node's own services call,
// with the argument that belongs to the operation.
func serve[A, R any](name string, f func(A) R) operation {
	return operation{name, func(argument any) any { return f(argument.(A)) }}
}

// caller goes through gates and uses channels on behalf of the domain its thread is in.
type caller interface {
	Call(service, operation string, argument any) (any, error)
	// Send sends a message on a channel. It returns false if the channel is not open.
	Send(channel string, message []byte) bool
	// Receive takes the next message of a channel, which can be used until the next call; false
	// if there is none.
	Receive(channel string) (message []byte, ok bool)
}

// ask calls an operation that answers with an R. It returns false if the call
// was refused or came to grief, which the caller has been told of elsewhere:
// the service does without.
func ask[R any](c caller, service, operation string, argument any) (R, bool) {
	answer, err := c.Call(service, operation, argument)
	if err != nil {
		var none R
		return none, false
	}
	return answer.(R), true
}

// report is what a service says of its work.
type report struct {
	work map[string]uint64
	last string
}

// The services.
const (
	pathComputation       = "path-computation"
	wavelengthAssignment  = "wavelength-assignment"
	performanceMonitoring = "performance-monitoring"
	keyStore              = "key-store"
	dashboard             = "dashboard"
)

// The operations that they call of each other.
const (
	assignWavelength  = "assign-wavelength"
	releaseWavelength = "release-wavelength"
	readPower         = "read-power"
	powerSummary      = "power-summary"
	signReading       = "sign-reading"
	verifyReading     = "verify-reading"
	deriveKey         = "derive-key"
	forgetKey         = "forget-key"
	computePath       = "compute-path"
	topologySummary   = "topology-summary"
)
