package gnmitest

import (
	"context"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

// Sample is a small appliance, in JSON as RFC 7951 has it.
func Sample() map[string]string {
	return map[string]string{
		"/mpk-security/system": `{
			"mpk-security:config": {"name": "waveguard", "minimum-isolation-strength": "HARDWARE_REGION"},
			"mpk-security:state": {"name": "waveguard", "minimum-isolation-strength": "HARDWARE_REGION", "version": "1.2.3",
				"backend": "MPROTECT", "isolation-strength": "MPROTECT", "hardware-keys": 0,
				"boot-time": "2026-11-23T11:00:00Z", "policy-epoch": "18446744073709551615"}}`,
		"/mpk-security/domains": `{"mpk-security:domain": [
			{"name": "key-store", "config": {"name": "key-store", "id": 3, "privilege-level": "HIGH"},
				"state": {"name": "key-store", "id": 3, "privilege-level": "HIGH", "administrative-state": "IN_SERVICE",
					"operational-state": "IN_SERVICE", "isolation-strength": "MPROTECT",
					"mpk-security-telemetry:counters": {"entries-permitted": "1204", "entries-denied": "0", "unmatched-denied": "0", "protection-key-faults": "2"}}},
			{"name": "dashboard", "config": {"name": "dashboard", "id": 5, "privilege-level": "LOW", "administrative-state": "OUT_OF_SERVICE", "enforcement-mode": "PERMISSIVE"}},
			{"name": "controller", "config": {"name": "controller", "id": 0, "privilege-level": "CONTROLLER", "administrative-state": "IN_SERVICE"}}]}`,
		"/mpk-security/services": `{"service": [
			{"name": "key-store", "config": {"name": "key-store", "domain": "key-store", "uid": 0}, "state": {"attached": false}},
			{"name": "dashboard", "config": {"name": "dashboard", "domain": "dashboard", "executable": "/opt/node"},
				"state": {"attached": true, "operational-state": "DEGRADED", "isolation-strength": "MPROTECT", "process-id": 4711,
					"attach-time": "2026-11-23T11:00:05Z",
					"code-scan": {"verdict": "OPEN", "reason": "its code is not proven: WRPKRU at 0x7f00", "time": "2026-11-23T11:00:05Z",
						"mappings": 7, "bytes": "2200000", "replaceable": 0, "proven": 1, "gate": 1, "entry": 0, "masked": 0, "identity": 0, "open": 2},
					"mpk-security-telemetry:counters": {"attaches": "1", "calls-permitted": "77", "calls-denied": "4", "rate-limited": "0",
						"dwell-exceeded": "0", "protection-key-faults": "1", "violations": "5", "lost-reports": "0"},
					"mpk-security-telemetry:last-violation": {"time": "2026-11-23T11:59:58.5Z", "kind": "mpk-security-types:protection-key-fault",
						"target-domain": "key-store", "address": "7f:00"}}}]}`,
		"/mpk-security/transitions": `{"transition": [
			{"source": "performance-monitoring", "target": "key-store",
				"config": {"source": "performance-monitoring", "target": "key-store", "action": "PERMIT",
					"operation": ["sign-reading", "verify-reading"], "max-rate": 500, "max-dwell-time": 2000},
				"state": {"source": "performance-monitoring", "target": "key-store", "action": "PERMIT", "fast-path": true,
					"mpk-security-telemetry:counters": {"permitted": "1000", "denied": "3", "rate-limited": "3", "dwell-exceeded": "1"}}},
			{"source": "dashboard", "target": "performance-monitoring",
				"config": {"source": "dashboard", "target": "performance-monitoring", "action": "DENY"},
				"state": {"mpk-security-telemetry:counters": {"permitted": "20", "denied": "4", "rate-limited": "0", "dwell-exceeded": "0", "tolerated": "6",
					"last-denied": "2026-11-23T11:59:57Z"}}}]}`,
		"/mpk-security/channels": `{"channel": [
			{"name": "samples", "config": {"name": "samples", "producer": "performance-monitoring", "consumer": ["dashboard", "telemetry"]},
				"state": {"name": "samples", "producer": "performance-monitoring", "consumer": ["dashboard", "telemetry"], "slots": 1024, "slot-size": 256,
					"integrity": "CRC32C", "overflow": "DROP_OLDEST", "administrative-state": "IN_SERVICE", "operational-state": "DEGRADED",
					"generation": "4711", "ring-bytes": "331776", "producer-state": "OPEN",
					"mpk-security-telemetry:counters": {"sent": "5000", "sent-octets": "320000", "refused": "0"}},
				"consumer-ends": {"consumer-end": [
					{"service": "telemetry", "state": {"service": "telemetry", "end-state": "ABSENT", "mpk-security-telemetry:backlog": "0",
						"mpk-security-telemetry:counters": {"received": "0", "received-octets": "0", "lost": "0", "corrupted": "0"}}},
					{"service": "dashboard", "state": {"service": "dashboard", "end-state": "OPEN", "mpk-security-telemetry:backlog": "7",
						"mpk-security-telemetry:counters": {"received": "4988", "received-octets": "319232", "lost": "4", "corrupted": "1"}}}]}},
			{"name": "alerts", "config": {"name": "alerts", "producer": "dashboard", "consumer": ["key-store"], "integrity": "HMAC_SHA256"}}]}`,
		"/mpk-security/alarms/active-alarms": `{"mpk-security-alarms:active-alarm": [
			{"id": "service:key-store:loss-of-service", "resource-type": "SERVICE", "resource": "key-store",
				"resource-path": "/mpk-security:mpk-security/services/service[name='key-store']",
				"probable-cause": {"cause": "mpk-security-alarms:loss-of-service", "location": "NEAR_END"}, "severity": "MAJOR",
				"raise-time": "2026-11-23T11:00:05Z", "change-time": "2026-11-23T11:00:05Z",
				"additional-detail": "no process provides the service", "corrective-action": "start the process"},
			{"id": "service:dashboard:security-violation", "resource-type": "SERVICE", "resource": "dashboard",
				"probable-cause": {"cause": "mpk-security-alarms:security-violation", "extension": "protection-key-fault", "direction": "OUTBOUND"},
				"severity": "CRITICAL", "raise-time": "2026-11-23T11:59:58Z", "change-time": "2026-11-23T11:59:58Z", "occurrences": "5"},
			{"id": "domain:dashboard:threshold-crossed:many:15MIN", "resource-type": "DOMAIN", "resource": "dashboard",
				"probable-cause": {"cause": "mpk-security-alarms:threshold-crossed"}, "severity": "WARNING",
				"raise-time": "2026-11-23T11:59:58Z", "additional-detail": "UNMATCHED_DENIED in a bin of 15MIN reached 3"}]}`,
		"/mpk-security/performance-monitoring/current-pm-list": `{"mpk-security-pm:current-pm": [
			{"resource-type": "TRANSITION", "resource": "dashboard:performance-monitoring", "type": "CALLS_DENIED", "measurement": [
				{"granularity": "15MIN", "value": "0", "validity": "PARTIAL", "start-time": "2026-11-23T12:00:00Z"},
				{"granularity": "24H", "value": "4", "validity": "SUSPECT", "start-time": "2026-11-23T00:00:00Z"},
				{"granularity": "UNTIMED", "value": "4", "validity": "SUSPECT", "start-time": "2026-11-23T00:00:00Z"}]},
			{"resource-type": "SERVICE", "resource": "dashboard", "type": "VIOLATIONS", "measurement": [
				{"granularity": "15MIN", "value": "5", "validity": "PARTIAL", "start-time": "2026-11-23T12:00:00Z"},
				{"granularity": "24H", "value": "5", "validity": "PARTIAL", "start-time": "2026-11-23T00:00:00Z"},
				{"granularity": "UNTIMED", "value": "5", "validity": "COMPLETE", "start-time": "2026-11-23T00:00:00Z"}]},
			{"resource-type": "SERVICE", "resource": "key-store", "type": "VIOLATIONS", "measurement": [
				{"granularity": "UNTIMED", "value": "0", "validity": "COMPLETE", "start-time": "2026-11-23T00:00:00Z"}]}]}`,
		"/mpk-security/performance-monitoring/historical-pm-list": `{"mpk-security-pm:historical-pm": [
			{"resource-type": "SERVICE", "resource": "dashboard", "type": "VIOLATIONS", "measurement": [
				{"granularity": "15MIN", "bin-number": 1, "value": "2", "validity": "SUSPECT", "completion-time": "2026-11-23T00:15:00Z"},
				{"granularity": "15MIN", "bin-number": 96, "value": "3", "validity": "COMPLETE", "completion-time": "2026-11-23T00:00:00Z"},
				{"granularity": "24H", "bin-number": 7, "value": "3", "validity": "COMPLETE", "completion-time": "2026-11-23T00:00:00Z"}]}]}`,
		"/mpk-security/transitions/transition[source=dashboard][target=performance-monitoring]/config/action": "DENY",
	}
}

// Happening is a stream: a counter, a violation and samples, after the state
// of before.
func Happening() []*gpb.SubscribeResponse {
	denied := "transitions/transition/source=dashboard/target=performance-monitoring/state/counters/denied"
	permitted := "transitions/transition/source=dashboard/target=key-store/state/counters/permitted"
	last := "services/service/name=dashboard/state/last-violation/"
	return []*gpb.SubscribeResponse{
		update(leaf(denied, uint64(4)), leaf(permitted, uint64(10))),
		{Response: &gpb.SubscribeResponse_SyncResponse{SyncResponse: true}},
		update(leaf(denied, uint64(7))),
		update(leaf(last+"time", "2026-11-23T12:00:00Z"), leaf(last+"kind", "mpk-security-types:protection-key-fault"),
			leaf(last+"target-domain", "key-store"), leaf(last+"address", "7f:00")),
		update(leaf(permitted, uint64(10))),
		update(leaf(permitted, uint64(14))),
	}
}

// Start serves until the end of the test, and returns the address and the
// data directory.
func (s *Server) Start(t testing.TB) (address, data string) {
	t.Helper()
	data = t.TempDir()
	listener, err := Listen(data, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("gNMI target: %v", err)
		}
	})
	return listener.Addr().String(), data
}
