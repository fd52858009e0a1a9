package telemetry

import (
	"fmt"
	"maps"
	"time"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/telemetry/alarm"
	"github.com/optical-net/waveguard/telemetry/model"
)

// judge returns the conditions that hold, until it is called again.
func (s *Supervisor) judge(state *gen.MpkSecurity) []alarm.Condition {
	j := &judgement{Supervisor: s, state: state, conditions: s.conditions[:0]}
	j.system()
	j.domains()
	for name := range s.rules.names() {
		if st := state.Service[name]; st != nil {
			j.service(name, st)
			j.reports(name, st)
		}
	}
	maps.DeleteFunc(s.lost, func(name string, _ *loss) bool { return s.rules.services[name] == nil })
	j.violations()
	j.thresholds()
	j.checks()
	s.conditions = j.conditions
	return j.conditions
}

type judgement struct {
	*Supervisor
	state      *gen.MpkSecurity
	conditions []alarm.Condition
}

// add adds a condition; that of a resource in maintenance calls for nobody.
func (j *judgement) add(c alarm.Condition) {
	if j.rules.maintained(c.Resource) {
		c.Severity = alarm.Indeterminate
	}
	j.conditions = append(j.conditions, c)
}

// system judges what the configuration asks of the host: that does not come and
// go by itself.
func (j *judgement) system() {
	has := j.state.System.GetIsolationStrength()
	if has == gen.MpkSecurityTypes_IsolationStrength_UNSET || has >= j.rules.minimum {
		return
	}
	j.add(alarm.Condition{
		Resource: model.Appliance, Cause: "isolation-insufficient", Severity: alarm.Major,
		Detail: fmt.Sprintf("the configuration asks for walls of %v at least, this host can give %v", j.rules.minimum, has),
		Action: "lower minimum-isolation-strength, or move the services to a host whose processor has protection keys",
	})
}

// domains judges whether policy is enforced: that does not come and go by itself.
func (j *judgement) domains() {
	for name := range j.rules.permissive {
		j.add(alarm.Condition{
			Resource: model.Resource{Type: model.Domain, Name: name}, Cause: "domain-permissive", Severity: alarm.Warning,
			Detail: "calls by the domain that policy forbids are counted and reported, and pass",
			Action: "\"waveguard learn\" proposes the transitions that were used; then set enforcement-mode to ENFORCING",
		})
	}
}

// service judges whether a service is there and its wall is strong enough.
func (j *judgement) service(name string, st *gen.MpkSecurity_Service) {
	c := alarm.Condition{
		Resource: model.Resource{Type: model.Service, Name: name}, Severity: alarm.Major,
		Raise: j.rules.raise, Clear: j.rules.clear, Location: "NEAR_END",
	}
	switch {
	case st.OperationalState == gen.MpkSecurityTypes_OperationalState_DEGRADED:
		c.Cause = "isolation-insufficient"
		c.Detail = fmt.Sprintf("the wall around the service is %v, the configuration asks for %v at least", st.IsolationStrength, j.rules.minimum)
		c.Action = "lower minimum-isolation-strength, or let a process provide the service that has stronger walls"
	case !j.rules.expected(name) || st.OperationalState != gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE:
		return
	case st.GetAttached():
		c.Cause = "loss-of-service"
		c.Detail = fmt.Sprintf("process %d is attached, but may no longer claim the service: its domain is isolated in it", st.GetProcessId())
		c.Action = "correct executable, executable-sha256, cgroup, uid or domain of the service, or restart the process"
		if j.rules.codeLacks(name, st.CodeScan) {
			c.Detail += ", and its code is not what code-scan-mode asks for"
			c.Action = "keep what opens walls out of the process (\"waveguard services --output json\" says what it is), or accept its class with code-scan-accept"
		}
	default:
		c.Cause = "loss-of-service"
		c.Detail = "no process provides the service"
		c.Action = "start the process, or set the service's administrative-state to OUT_OF_SERVICE or its lifecycle-state to what it is"
	}
	j.add(c)
}

// loss is how many reports of a service were lost, and when last.
type loss struct {
	seen, count uint64
	last        time.Duration
}

// reports judges whether violations are told one by one.
func (j *judgement) reports(name string, st *gen.MpkSecurity_Service) {
	n := st.Counters.GetLostReports()
	l := j.lost[name]
	if l == nil {
		if n == 0 {
			return
		}
		l = &loss{}
		j.lost[name] = l
	}
	if n > l.seen {
		l.count, l.last = l.count+n-l.seen, j.now.Uptime
	}
	l.seen = n
	if l.count == 0 || j.now.Uptime-l.last >= max(j.rules.clear, 1) {
		l.count = 0
		return
	}
	j.add(alarm.Condition{
		Resource: model.Resource{Type: model.Service, Name: name}, Cause: "reports-lost", Severity: alarm.Warning, Occurrences: l.count,
		Detail: "violations of the service are counted, but some are not told one by one: more come than can be taken in",
		Action: "look at what the service does: deny what it tries, or take it out of service",
	})
}

// alarmOf is the severity of the alarm of a violation, by rank.
var alarmOf = [...]string{alarm.Warning, alarm.Minor, alarm.Major, alarm.Critical}

// violations judges what services try.
func (j *judgement) violations() {
	j.offences.collect(j.now.Uptime, j.rules)
	for name, o := range j.offences.going {
		c := alarm.Condition{
			Resource: model.Resource{Type: model.Service, Name: name}, Cause: "security-violation", Extension: o.kind,
			Location: "NEAR_END", Direction: "OUTBOUND", Severity: alarmOf[o.severity], Occurrences: o.count, Detail: o.detail,
			Action: "find out what the service's process runs; restrict its transitions, or take it out of service",
		}
		if name == "" {
			c.Resource, c.Direction = model.Appliance, "INBOUND"
		}
		j.add(c)
	}
}

// thresholds judges what was measured.
func (j *judgement) thresholds() {
	for _, x := range j.Bins.Crossed() {
		if !x.Alarm {
			continue
		}
		what := "reached"
		if x.Kind == "LOW" {
			what = "ended below"
		}
		j.add(alarm.Condition{
			Resource: x.Resource, Cause: "threshold-crossed", Instance: x.Threshold + ":" + x.Granularity,
			Extension: x.Threshold + " " + x.Granularity, Severity: x.Severity,
			Detail: fmt.Sprintf("%s in a bin of %s %s %d", x.Measurement, x.Granularity, what, x.Limit),
			Action: "look at the bins of " + x.Measurement + " in performance-monitoring for how it developed",
		})
	}
}

// checks judges the appliance itself.
func (j *judgement) checks() {
	for _, check := range j.Checks {
		if err := check.Probe(); err != nil {
			j.add(alarm.Condition{
				Resource: model.Appliance, Cause: check.Cause, Severity: alarm.Major,
				Clear: j.rules.clear, Detail: err.Error(), Action: check.Action,
			})
		}
	}
}
