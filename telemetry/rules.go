package telemetry

import (
	"iter"
	"maps"
	"time"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// rules are what the configuration says of alarms and of the resources that
// have them. They follow it at the cost of what changed.
type rules struct {
	config     tree.Path // of alarms
	running    *tree.Tree
	minimum    gen.E_MpkSecurityTypes_IsolationStrength
	services   map[string]*gen.MpkSecurity_Service
	permissive map[string]bool                                          // domains that are, and in service
	lifecycles map[model.Resource]gen.E_MpkSecurityTypes_LifecycleState // of all resources but the system

	raise, clear time.Duration
	least        int // severity of a violation that is an alarm
}

func newRules(set *schema.Set) *rules {
	top := model.Root(set)
	alarms := top.Schema().Child(alarmModule, "alarms")
	return &rules{
		config:     append(top, schema.PathStep{Node: alarms}, schema.PathStep{Node: alarms.Child(alarmModule, "config")}),
		running:    tree.New(set),
		minimum:    gen.MpkSecurityTypes_IsolationStrength_NONE,
		services:   map[string]*gen.MpkSecurity_Service{},
		permissive: map[string]bool{},
		lifecycles: map[model.Resource]gen.E_MpkSecurityTypes_LifecycleState{},
	}
}

const alarmModule = "mpk-security-alarms"

// read takes in the configuration in force.
func (r *rules) read(running *tree.Tree) error {
	if running == r.running {
		return nil
	}
	delta, err := view.New(running, tree.Diff(r.running, running))
	if err != nil {
		return err
	}
	r.running = running
	if delta.System != nil {
		r.minimum = delta.System.GetMinimumIsolationStrength()
	}
	for name, s := range delta.Services {
		if s == nil {
			delete(r.services, name)
		} else {
			r.services[name] = s
		}
	}
	for name, d := range delta.Domains {
		delete(r.permissive, name)
		if d.GetEnforcementMode() == gen.MpkSecurityTypes_EnforcementMode_PERMISSIVE &&
			d.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_IN_SERVICE {
			r.permissive[name] = true
		}
	}
	r.readLifecycles(delta)
	r.readAlarms()
	return nil
}

func (r *rules) readLifecycles(delta *view.Delta) {
	take(r.lifecycles, delta.Domains, func(name string) model.Resource { return model.Resource{Type: model.Domain, Name: name} })
	take(r.lifecycles, delta.Services, func(name string) model.Resource { return model.Resource{Type: model.Service, Name: name} })
	take(r.lifecycles, delta.Transitions, func(k view.TransitionKey) model.Resource { return model.TransitionOf(k.Source, k.Target) })
}

// living is a generated entry with a lifecycle state.
type living[T any] interface {
	*T
	GetLifecycleState() gen.E_MpkSecurityTypes_LifecycleState
}

func take[K comparable, T any, E living[T]](into map[model.Resource]gen.E_MpkSecurityTypes_LifecycleState, from map[K]E, name func(K) model.Resource) {
	for k, v := range from {
		if v == nil {
			delete(into, name(k))
		} else {
			into[name(k)] = v.GetLifecycleState()
		}
	}
}

func (r *rules) readAlarms() {
	of := r.config.Schema()
	c, _ := r.running.Find(r.config).(*tree.Container)
	seconds := func(name string) time.Duration {
		n, _ := model.Number(of, c, name)
		return time.Duration(n) * time.Second
	}
	r.raise, r.clear = seconds("raise-delay"), seconds("clear-delay")
	r.least = severityOf(model.Value(of, c, "violation-severity"))
}

// exists says whether a resource is configured.
func (r *rules) exists(resource model.Resource) bool {
	_, is := r.lifecycles[resource]
	return is || resource == model.Appliance
}

// maintained says whether people are at work on a resource.
func (r *rules) maintained(resource model.Resource) bool {
	return r.lifecycles[resource] == gen.MpkSecurityTypes_LifecycleState_MAINTENANCE
}

// expected says whether a service must be there.
func (r *rules) expected(name string) bool {
	s := r.services[name]
	switch s.GetLifecycleState() {
	case gen.MpkSecurityTypes_LifecycleState_DEPLOYED, gen.MpkSecurityTypes_LifecycleState_MAINTENANCE:
		return s.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_IN_SERVICE
	}
	return false
}

// names returns the configured services, in no order.
func (r *rules) names() iter.Seq[string] { return maps.Keys(r.services) }

// codeLacks says whether the code of a process is not what its service requires.
func (r *rules) codeLacks(service string, scan *gen.MpkSecurity_Service_CodeScan) bool {
	if r.services[service].GetCodeScanMode() != gen.MpkSecurityTypes_CodeScanMode_REQUIRE_CLEAN {
		return false
	}
	verdict := scan.GetVerdict()
	return verdict == gen.MpkSecurityTypes_CodeScanVerdict_OPEN || verdict == gen.MpkSecurityTypes_CodeScanVerdict_UNKNOWN
}
