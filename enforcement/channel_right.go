package enforcement

import (
	"maps"
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

type delta = view.Delta

// denial is an end of a service that no entry allows, as it was reported.
type denial struct {
	channel string
	role    wire.Role
}

// maxDenials is how many of a service are reported until the configuration of their channels
// changes: what a process registers it can make up.
const maxDenials = wire.MaxEnds

// judge decides whether an end may be opened, and reports one that no entry allows.
//
// Preconditions: Engine.commit and the broker's mu are held.
func (e *Engine) judge(c *conduit, one *end) {
	one.refused = right(e.config.Reader(), c, one)
	if one.refused == nil {
		if why := one.of.revokedNow()[one.service.name]; why != nil {
			one.refused = withheldf(one.index, wire.WithheldService, "service %q is isolated: %v", one.service.name, why)
		}
	}
	if one.role == wire.Consumer && c.entry != nil {
		one.place = slices.Index(c.entry.Consumers, one.service.name)
	}
	if one.refused != nil && one.refused.Code == wire.WithheldUnknown {
		e.channels.denyLocked(one)
	}
}

// denyLocked reports an end that no entry allows, once until that could have changed.
func (b *broker) denyLocked(one *end) {
	key, of := denial{one.channel, one.role}, b.denied[one.service.name]
	if of[key] || len(of) == maxDenials {
		return
	}
	if of == nil {
		of = map[denial]bool{}
		b.denied[one.service.name] = of
	}
	of[key] = true
	b.record(one.of, Violation{
		Time: time.Now(), Kind: wire.ChannelDenied, Severity: wire.ChannelDenied.Severity(), Channel: one.channel,
		Service: one.service.name, Source: one.service.domain, PID: one.of.identity.PID, Occurrences: 1, Strength: one.of.strength,
	})
}

func (b *broker) forgetDenialsLocked(d *delta) {
	for service, of := range b.denied {
		maps.DeleteFunc(of, func(k denial, _ bool) bool { _, is := d.Channels[k.channel]; return is })
		if s, is := d.Services[service]; is && s == nil || len(of) == 0 {
			delete(b.denied, service)
		}
	}
}

// right says by the configuration alone why an end may not be opened; nil if it may.
func right(r policy.Reader, c *conduit, one *end) *wire.Withheld {
	at := "/mpk-security/channels/channel[name=" + c.name + "]"
	withheld := func(code wire.WithheldCode, format string, args ...any) *wire.Withheld {
		return withheldf(one.index, code, format, args...)
	}
	switch d := r.Domain(one.service.domain); {
	case c.entry == nil:
		return withheld(wire.WithheldUnknown, "channel %q is not configured; create %s first", c.name, at)
	case one.role == wire.Producer && c.entry.Producer != one.service.name:
		return withheld(wire.WithheldUnknown, "the producer of channel %q is service %q, not %q; set %s/config/producer to change that", c.name, c.entry.Producer, one.service.name, at)
	case one.role == wire.Consumer && !slices.Contains(c.entry.Consumers, one.service.name):
		return withheld(wire.WithheldUnknown, "service %q is no consumer of channel %q; add it to %s/config/consumer", one.service.name, c.name, at)
	case !c.entry.InService:
		return withheld(wire.WithheldService, "channel %q is out of service; set %s/config/administrative-state to IN_SERVICE", c.name, at)
	case d == nil || d.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE:
		return withheld(wire.WithheldService, "domain %q of service %q is out of service; set /mpk-security/domains/domain[name=%s]/config/administrative-state to IN_SERVICE", one.service.domain, one.service.name, one.service.domain)
	}
	return nil
}

// deserterChanged says whether a process that left with a ring mapped could have lost
// its right to it by this delta: nobody can tell of one that is not attached.
func (e *Engine) deserterChanged(c *conduit, d *delta) bool {
	for _, s := range c.ring.deserters {
		_, service := d.Services[s.name]
		domain, is := d.Domains[s.domain]
		if service || is && (domain == nil || domain.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE) {
			return true
		}
	}
	return false
}

// withheldf makes a message that can be sent whatever a process calls its channels.
func withheldf(end uint16, code wire.WithheldCode, format string, args ...any) *wire.Withheld {
	return &wire.Withheld{End: end, Code: code, Message: refusef(0, format, args...).Message}
}
