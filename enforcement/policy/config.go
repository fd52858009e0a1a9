package policy

import (
	"iter"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// Config is the configuration of enforcement in force. It is changed by deltas
// only, each at the cost of what changed. It is not safe for concurrent use.
type Config struct {
	system      *gen.MpkSecurity_System
	domains     map[string]*gen.MpkSecurity_Domain
	services    map[string]*gen.MpkSecurity_Service
	transitions map[string]map[string]*gen.MpkSecurity_Transition // by source, then target
	channels    map[string]*gen.MpkSecurity_Channel
}

// NewConfig returns the configuration with nothing in it: everything is denied.
func NewConfig() *Config {
	return &Config{
		system:      &gen.MpkSecurity_System{},
		domains:     map[string]*gen.MpkSecurity_Domain{},
		services:    map[string]*gen.MpkSecurity_Service{},
		transitions: map[string]map[string]*gen.MpkSecurity_Transition{},
		channels:    map[string]*gen.MpkSecurity_Channel{},
	}
}

// Apply takes a delta in.
func (c *Config) Apply(d *view.Delta) {
	if d.System != nil {
		c.system = d.System
	}
	merge(c.domains, d.Domains)
	merge(c.services, d.Services)
	merge(c.channels, d.Channels)
	for key, t := range d.Transitions {
		row := c.transitions[key.Source]
		switch {
		case t == nil:
			delete(row, key.Target)
			if len(row) == 0 {
				delete(c.transitions, key.Source)
			}
		case row == nil:
			c.transitions[key.Source] = map[string]*gen.MpkSecurity_Transition{key.Target: t}
		default:
			row[key.Target] = t
		}
	}
}

// merge stores the entries of delta in into, whose nil values mean deletion.
func merge[T any](into, delta map[string]*T) {
	for k, v := range delta {
		if v == nil {
			delete(into, k)
			continue
		}
		into[k] = v
	}
}

// Reader is a configuration to compile from: one in force, or one in force
// with a delta on top that may yet be dropped.
type Reader struct {
	base  *Config
	delta *view.Delta
}

// Reader reads the configuration in force.
func (c *Config) Reader() Reader { return Reader{c, &view.Delta{}} }

// With reads the configuration as d would make it.
func (c *Config) With(d *view.Delta) Reader { return Reader{c, d} }

// System returns the system configuration, never nil.
func (r Reader) System() *gen.MpkSecurity_System {
	if r.delta.System != nil {
		return r.delta.System
	}
	return r.base.system
}

// Domain returns the domain of that name, or nil.
func (r Reader) Domain(name string) *gen.MpkSecurity_Domain {
	if d, ok := r.delta.Domains[name]; ok {
		return d
	}
	return r.base.domains[name]
}

// Service returns the service of that name, or nil.
func (r Reader) Service(name string) *gen.MpkSecurity_Service {
	if s, ok := r.delta.Services[name]; ok {
		return s
	}
	return r.base.services[name]
}

// Services yields the names of all services, in no order.
func (r Reader) Services() iter.Seq[string] { return names(r.base.services, r.delta.Services) }

// Channel returns the channel of that name, or nil.
func (r Reader) Channel(name string) *gen.MpkSecurity_Channel {
	if c, ok := r.delta.Channels[name]; ok {
		return c
	}
	return r.base.channels[name]
}

// Channels yields the names of all channels, in no order.
func (r Reader) Channels() iter.Seq[string] { return names(r.base.channels, r.delta.Channels) }

// names yields those of the entries that base with delta on top has.
func names[T any](base, delta map[string]*T) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range base {
			if entry, changed := delta[name]; (!changed || entry != nil) && !yield(name) {
				return
			}
		}
		for name, entry := range delta {
			if _, old := base[name]; !old && entry != nil && !yield(name) {
				return
			}
		}
	}
}

// Transition returns the entry from source to target, or nil.
func (r Reader) Transition(source, target string) *gen.MpkSecurity_Transition {
	if t, ok := r.delta.Transitions[view.TransitionKey{Source: source, Target: target}]; ok {
		return t
	}
	return r.base.transitions[source][target]
}
