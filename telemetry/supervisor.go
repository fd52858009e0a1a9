package telemetry

import (
	"fmt"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/telemetry/alarm"
	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Check is something that the appliance itself can have wrong with it.
type Check struct {
	Cause  string       // of the alarm: an identity of mpk-security-alarms
	Action string       // what a person can do about it
	Probe  func() error // quick; nil: nothing is wrong
}

// Supervision is what a supervisor is made from.
type Supervision struct {
	Schema    *schema.Set
	Publisher Publisher
	Bins      *pm.Bins
	Checks    []Check
	Clock     func() pm.Reading // nil: pm.SystemClock
}

// Supervisor makes alarms and performance monitoring of what a collector
// collects.
type Supervisor struct {
	Supervision
	alarms   *alarm.List
	rules    *rules
	offences *offences
	lost     map[string]*loss // reports, by service
	now      pm.Reading

	conditions []alarm.Condition // room for those that hold
}

// NewSupervisor returns a supervisor without alarms.
func NewSupervisor(s Supervision) *Supervisor {
	if s.Clock == nil {
		s.Clock = pm.SystemClock
	}
	return &Supervisor{
		Supervision: s, alarms: alarm.New(s.Schema), rules: newRules(s.Schema),
		offences: newOffences(), lost: map[string]*loss{},
	}
}

// Heard takes in a violation, in any goroutine; the next collection may raise
// its alarm.
func (s *Supervisor) Heard(v Violation) { s.offences.hear(v) }

// observe takes in what the counters and states are, under the configuration in
// force.
func (s *Supervisor) observe(running *tree.Tree, state *gen.MpkSecurity) error {
	s.now = s.Clock()
	if err := s.rules.read(running); err != nil {
		return fmt.Errorf("read what alarms are about: %w", err)
	}
	s.Bins.Observe(running, state)
	s.alarms.Observe(alarm.Moment{Wall: s.now.Wall, Uptime: s.now.Uptime}, s.judge(state), s.rules.exists)
	return nil
}

func (s *Supervisor) write(e *tree.Editor) error {
	if err := s.Bins.Write(e); err != nil {
		return fmt.Errorf("write performance monitoring: %w", err)
	}
	if err := s.alarms.Write(e); err != nil {
		return fmt.Errorf("write alarms: %w", err)
	}
	return nil
}

// tell publishes what happened, now that it can be read.
func (s *Supervisor) tell() {
	for _, news := range [][]*tree.Container{s.Bins.Tell(), s.alarms.Tell()} {
		for _, content := range news {
			s.Publisher.Publish(s.now.Wall, content)
		}
	}
}
