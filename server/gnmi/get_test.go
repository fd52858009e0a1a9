package gnmi

import (
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestCapabilities(t *testing.T) {
	r := newRig(t, nil)
	resp := must(r.dial().Capabilities(r.as("guest"), &gpb.CapabilityRequest{}))(t)
	if resp.GetGNMIVersion() != "0.10.0" || len(resp.GetSupportedEncodings()) != 3 {
		t.Errorf("got %v", resp)
	}
	for _, m := range resp.GetSupportedModels() {
		if m.GetName() == "mpk-security" && m.GetVersion() == "2026-11-25" && m.GetOrganization() == "Waveguard project" {
			return
		}
	}
	t.Errorf("mpk-security is not among %v", resp.GetSupportedModels())
}

const top = "/mpk-security"

func TestGet(t *testing.T) {
	r := newRig(t, nil)
	c := r.dial()
	r.put("/domains/domain[name='dashboard']/state/mpk-security-telemetry:counters/entries-permitted", "18446744073709551615",
		"/domains/domain[name='dashboard']/state/operational-state", "IN_SERVICE")
	const transition = top + "/transitions/transition[source=dashboard][target=performance-monitoring]"
	for _, test := range []struct {
		name     string
		path     string
		kind     gpb.GetRequest_DataType
		encoding gpb.Encoding
		want     string // lines
	}{
		{"leaf", transition + "/config/max-rate", 0, gpb.Encoding_PROTO, transition + "/config/max-rate uint 1000"},
		{"leaf in JSON", transition + "/config/max-rate", 0, gpb.Encoding_JSON, transition + `/config/max-rate JSON 1000`},
		{"leaf in JSON_IETF", transition + "/config/action", 0, gpb.Encoding_JSON_IETF, transition + `/config/action JSON_IETF "PERMIT"`},
		{"default", transition + "/config/fast-path", 0, gpb.Encoding_PROTO, transition + "/config/fast-path true"},
		{
			"default below nothing stored", top + "/system/config", 0, gpb.Encoding_PROTO,
			top + `/system/config/name "waveguard"` + "\n" + top + `/system/config/minimum-isolation-strength "NONE"` + "\n" + top + `/system/config/code-scan-interval uint 1`,
		},
		{
			"leaf-list", transition + "/config/operation", 0, gpb.Encoding_PROTO,
			transition + `/config/operation ["list" "read"]`,
		},
		{"leaf-list in JSON", transition + "/config/operation", 0, gpb.Encoding_JSON, transition + `/config/operation JSON ["list","read"]`},
		{
			"wide number", top + "/domains/domain[name=dashboard]/state/counters", 0, gpb.Encoding_JSON_IETF,
			top + `/domains/domain[name=dashboard]/state/counters JSON_IETF {"mpk-security-telemetry:entries-permitted":"18446744073709551615"}`,
		},
		{
			"wide number, plain", top + "/domains/domain[name=dashboard]/state/counters", 0, gpb.Encoding_JSON,
			top + `/domains/domain[name=dashboard]/state/counters JSON {"entries-permitted":18446744073709551615}`,
		},
		{
			"wide number, PROTO", top + "/domains/domain[name=dashboard]/state/counters", 0, gpb.Encoding_PROTO,
			top + `/domains/domain[name=dashboard]/state/counters/entries-permitted uint 18446744073709551615`,
		},
		{
			"all keys", top + "/domains/domain[name=*]/config/id", 0, gpb.Encoding_PROTO,
			top + "/domains/domain[name=controller]/config/id uint 0\n" +
				top + "/domains/domain[name=dashboard]/config/id uint 5\n" +
				top + "/domains/domain[name=key-store]/config/id uint 3\n" +
				top + "/domains/domain[name=performance-monitoring]/config/id uint 4",
		},
		{"first key", top + "/transitions/transition[source=dashboard]/config/action", 0, gpb.Encoding_PROTO, transition + `/config/action "PERMIT"`},
		{
			"last key", top + "/transitions/transition[target=key-store]/config/fast-path", 0, gpb.Encoding_PROTO,
			top + `/transitions/transition[source=performance-monitoring][target=key-store]/config/fast-path false`,
		},
		{
			"entry", top + "/services/service", gpb.GetRequest_CONFIG, gpb.Encoding_JSON_IETF,
			top + `/services/service[name=dashboard] JSON_IETF {"mpk-security:name":"dashboard",` +
				`"mpk-security:config":{"name":"dashboard","domain":"dashboard","uid":1000,"administrative-state":"IN_SERVICE","lifecycle-state":"DEPLOYED","code-scan-mode":"REPORT"}}`,
		},
		{
			"state", top + "/domains/domain[name=dashboard]", gpb.GetRequest_STATE, gpb.Encoding_JSON,
			top + `/domains/domain[name=dashboard] JSON {"name":"dashboard","state":{"name":"dashboard","id":5,"privilege-level":"LOW",` +
				`"administrative-state":"IN_SERVICE","lifecycle-state":"DEPLOYED","description":"screens","enforcement-mode":"ENFORCING","pinned":false,"constant-time-checks":false,"operational-state":"IN_SERVICE","counters":{"entries-permitted":18446744073709551615}}}`,
		},
		{
			"operational", top + "/domains", gpb.GetRequest_OPERATIONAL, gpb.Encoding_JSON,
			top + `/domains JSON {"domain":[{"name":"dashboard","state":{"operational-state":"IN_SERVICE","counters":{"entries-permitted":18446744073709551615}}}]}`,
		},
		{
			"operational in PROTO", top + "/domains", gpb.GetRequest_OPERATIONAL, gpb.Encoding_PROTO,
			top + `/domains/domain[name=dashboard]/state/operational-state "IN_SERVICE"` + "\n" +
				top + `/domains/domain[name=dashboard]/state/counters/entries-permitted uint 18446744073709551615`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, err := c.Get(r.as("guest"), &gpb.GetRequest{Path: []*gpb.Path{path(test.path)}, Type: test.kind, Encoding: test.encoding})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines(resp.GetNotification()[0]), "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestGetRoot(t *testing.T) {
	r := newRig(t, nil)
	resp := must(r.dial().Get(r.as("admin"), &gpb.GetRequest{Path: []*gpb.Path{{}}, Type: gpb.GetRequest_CONFIG, Encoding: gpb.Encoding_JSON_IETF}))(t)
	got := string(resp.GetNotification()[0].GetUpdate()[0].GetVal().GetJsonIetfVal())
	if !strings.HasPrefix(got, `{"ietf-netconf-acm:nacm":{"enable-nacm":true,`) ||
		!strings.Contains(got, `"mpk-security:mpk-security":{"system":{"config":{"name":"waveguard"`) || strings.Contains(got, `"state"`) {
		t.Error(got)
	}
}

func TestGetNotifications(t *testing.T) {
	r := newRig(t, nil)
	req := &gpb.GetRequest{
		Prefix:   &gpb.Path{Target: "node-1", Origin: "openconfig", Elem: path(top + "/domains").Elem},
		Path:     []*gpb.Path{path("/domain[name=dashboard]/config/id"), path("/domain[name=key-store]/config/id")},
		Encoding: gpb.Encoding_PROTO,
	}
	resp := must(r.dial().Get(r.as("guest"), req))(t)
	if len(resp.GetNotification()) != 2 {
		t.Fatalf("%d notifications for 2 paths", len(resp.GetNotification()))
	}
	for i, want := range []string{top + "/domains/domain[name=dashboard]/config/id uint 5", top + "/domains/domain[name=key-store]/config/id uint 3"} {
		n := resp.GetNotification()[i]
		if got := strings.Join(lines(n), "\n"); got != want || n.GetPrefix().GetTarget() != "node-1" || n.GetPrefix().GetOrigin() != "openconfig" || n.GetTimestamp() == 0 {
			t.Errorf("got %v, want %s", n, want)
		}
	}
}

func TestGetRefuses(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.ResponseBytes, c.Limits.Paths = 1500, 2 })
	c := r.dial()
	for _, test := range []struct {
		name string
		req  *gpb.GetRequest
		code codes.Code
		want string
	}{
		{"no instance", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/domains/domain[name=x]")}}, codes.NotFound, "path /mpk-security/domains/domain[name=x]"},
		{"no value", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/domains/domain[name=key-store]/config/description")}}, codes.NotFound, "no such data"},
		{"empty container", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/domains/domain[name=key-store]/state/counters")}}, codes.NotFound, "no such data"},
		{"no state in the configuration", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/system/state")}, Type: gpb.GetRequest_CONFIG}, codes.NotFound, "no such data"},
		{"no such node", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/doors")}}, codes.Unimplemented, `there is no node "doors`},
		{"bad key", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/domains/domain[x=y]")}}, codes.InvalidArgument, "no key"},
		{"encoding", &gpb.GetRequest{Path: []*gpb.Path{{}}, Encoding: gpb.Encoding_ASCII}, codes.Unimplemented, "encoding ASCII is not supported"},
		{"string elements", &gpb.GetRequest{Path: []*gpb.Path{{Element: []string{"mpk-security"}}}}, codes.InvalidArgument, "elem"},
		{"unreadable", &gpb.GetRequest{Path: []*gpb.Path{path(top + "/system/users/user[name=admin]/config/password-hash")}}, codes.PermissionDenied, "cannot be read"},
		{"unknown model", &gpb.GetRequest{Path: []*gpb.Path{{}}, UseModels: []*gpb.ModelData{{Name: "openconfig-vlan"}}}, codes.InvalidArgument, "openconfig-vlan"},
		{"history", &gpb.GetRequest{Path: []*gpb.Path{{}}, Extension: []*ext.Extension{{Ext: &ext.Extension_History{}}}}, codes.Unimplemented, "history"},
		{"too many paths", &gpb.GetRequest{Path: []*gpb.Path{{}, {}, {}}}, codes.InvalidArgument, "3 paths are too many"},
		{"too much", &gpb.GetRequest{Path: []*gpb.Path{{}}}, codes.ResourceExhausted, "Subscribe"},
	} {
		_, err := c.Get(r.as("guest"), test.req)
		if status.Code(err) != test.code || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %v with %q", test.name, err, test.code, test.want)
		}
	}
}

func TestGetHidesPasswords(t *testing.T) {
	r := newRig(t, nil)
	for user, want := range map[string]bool{"guest": false, "op": false, "admin": true} {
		for _, e := range encodings {
			resp := must(r.dial().Get(r.as(user), &gpb.GetRequest{Path: []*gpb.Path{path(top + "/system/users")}, Encoding: e}))(t)
			if got := strings.Contains(resp.String(), "argon2id"); got != want {
				t.Errorf("%s, %v: hash shown is %t, want %t", user, e, got, want)
			}
		}
	}
}

func TestGetModels(t *testing.T) {
	r := newRig(t, nil)
	r.put("/domains/domain[name='dashboard']/state/mpk-security-telemetry:counters/entries-permitted", "1")
	req := &gpb.GetRequest{Path: []*gpb.Path{path(top + "/domains")}, Encoding: gpb.Encoding_PROTO, UseModels: []*gpb.ModelData{{Name: "mpk-security-telemetry"}}}
	resp := must(r.dial().Get(r.as("guest"), req))(t)
	want := top + "/domains/domain[name=dashboard]/state/counters/entries-permitted uint 1"
	if got := strings.Join(lines(resp.GetNotification()[0]), "\n"); got != want {
		t.Errorf("got %s", got)
	}
}
