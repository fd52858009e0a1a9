package e2e

import "testing"

// TestSteps goes the whole way on each kind of machine. Each step goes on from
// where the one before it left the appliance.
func TestSteps(t *testing.T) {
	for _, p := range []place{thisHost, virtualMachine} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if p.name != thisHost.name && testing.Short() {
				t.Skip("the virtual machine takes a minute: not with -short")
			}
			takeSteps(t, bringUp(t, p))
		})
	}
}

func takeSteps(t *testing.T, a *appliance) {
	for _, step := range []struct {
		name string
		take func(*testing.T, *appliance)
	}{
		{"1-models-and-policy", readModelsAndPolicy},
		{"2-commit-denies", commitDenies},
		{"3-counters-stream", streamCounters},
		{"4-violation", violate},
		{"5-alarms-and-bins", raiseAlarms},
		{"6-invalid-edits", editInvalidly},
		{"7-daemon-killed", killDaemon},
		{"8-strangers-and-viewers", keepOut},
		{"9-configuration", goBack},
		{"10-learn", learnPolicy},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.take(t, a) }) {
			return // what follows builds on it
		}
	}
}
