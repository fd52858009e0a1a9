package e2e

import (
	"strings"
	"testing"
)

// invalidEdits are refused with what RFC 6241 appendix A and RFC 7950 section
// 15 say. The path is the end of the whole, and the message has the parts.
var invalidEdits = []struct {
	name, config      string
	tag, appTag, path string
	message           []string
}{
	{
		"unknown-domain", transition("dashboard", "nobody", "PERMIT"),
		"data-missing", "instance-required", "mpk:transition[mpk:source='dashboard'][mpk:target='nobody']/mpk:config/mpk:target",
		[]string{`"nobody"`, "create it first"},
	},
	{
		"duplicate-id", domain("twin", 5),
		"operation-failed", "data-not-unique", "mpk:domains/mpk:domain[mpk:name='twin']",
		[]string{`same id "5"`, "choose one"},
	},
	{
		"to-itself", transition("dashboard", "dashboard", "PERMIT"),
		"operation-failed", "must-violation", "mpk:transition[mpk:source='dashboard'][mpk:target='dashboard']/mpk:config",
		[]string{"transition into itself", "give another target"},
	},
	{
		"out-of-range", domain("far", 5000),
		"invalid-value", "", "mpk:domain[mpk:name='far']/mpk:config/mpk:id",
		[]string{`"5000"`, "0..4095"},
	},
}

// editInvalidly is step 6: what cannot be is refused, and changes nothing.
func editInvalidly(t *testing.T, a *appliance) {
	m := a.openNcclient(t, admin, a.password)
	before := configs(t, m)
	for _, edit := range invalidEdits {
		t.Run(edit.name, func(t *testing.T) {
			o := m.edit(t, edit.config)
			if len(o.Errors) == 0 && o.err() == nil {
				tell(t, ">>> m.commit()")
				o = m.try(t, "commit", nil)
			}
			if len(o.Errors) != 1 {
				t.Fatalf("outcome %+v; want one rpc-error", o)
			}
			e := o.Errors[0]
			tell(t, "%v", e)
			if e.Tag != edit.tag || e.AppTag != edit.appTag || !strings.HasSuffix(e.Path, edit.path) {
				t.Errorf("want %s %s at .../%s", edit.tag, edit.appTag, edit.path)
			}
			for _, part := range edit.message {
				if !strings.Contains(e.Message, part) {
					t.Errorf("the message does not say %s", part)
				}
			}
			m.do(t, "discard_changes", nil)
			if after := configs(t, m); after != before {
				t.Errorf("the configuration changed:\n%s\nwas\n%s", after.running, before.running)
			}
		})
	}
}

type config struct{ running, candidate string }

// configs returns both configurations, to the byte.
func configs(t *testing.T, m *ncclient) config {
	t.Helper()
	return config{
		call[string](t, m, "get_config", args{"source": "running"}),
		call[string](t, m, "get_config", args{"source": "candidate"}),
	}
}
