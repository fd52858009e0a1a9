package learn_test

import (
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/json"
)

// FuzzRecording makes policy of whatever a recording, or a liar, says.
func FuzzRecording(f *testing.F) {
	f.Add(`{"mpk-security:mpk-security":{"mpk-security-telemetry:observation":{"state":{"since":"2026-11-25T12:00:00Z","omitted":"3"},"transitions":{"transition":[
		{"source":"a","target":"b","state":{"source":"a","target":"b","permitted":"1","denied":"2","tolerated":"3","operation":["read","read"],"more-operations":true,
		"longest-dwell-time":"18446744073709551615","peak-rate":"18446744073709551615","last-seen":"2026-11-25T12:00:00Z"}},
		{"source":"b","target":"a","state":{"tolerated":"18446744073709551615","permitted":"9","operation":["write"],"peak-rate":"7","longest-dwell-time":"7"}},
		{"source":"a","target":"a"}]}}}}`)
	f.Add(`{"mpk-security:mpk-security":{"domains":{"domain":[{"name":"a"}]}}}`)
	f.Add(`{}`)
	policy := viewtest.Config(f, append(append(viewtest.Domain("a", 1), viewtest.Domain("b", 2)...), viewtest.Transition("a", "b", "PERMIT")...)...)
	f.Fuzz(func(t *testing.T, text string) {
		recording, err := json.Decode(viewtest.Set(t), []byte(text), json.DecodeOptions{State: true})
		if err != nil {
			return
		}
		o, err := learn.Observed(recording)
		if err != nil {
			return
		}
		p, err := learn.Propose(policy, o, learn.Options{Limits: true, Headroom: 2, Refused: true, Prune: true, Enforce: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := learn.Judge(policy, p.Policy, o, true); err != nil {
			t.Fatal(err)
		}
		learn.PresentOf(recording, "a", "b")
	})
}
