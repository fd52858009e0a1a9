package gnmi

import (
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// narrowRules are rules for the operator: no word of the key store, a default that
// is hidden, one domain to write, and the prefixes of JSON.
const narrowRules = `{
  "groups": {"group": [{"name": "limited", "user-name": ["op"]}]},
  "rule-list": [{"name": "1", "group": ["limited"], "rule": [
    {"name": "1", "path": "/mpk-security:mpk-security/domains/domain[name='key-store']", "action": "deny"},
    {"name": "2", "path": "/mpk-security:mpk-security/system/config/name", "access-operations": "read", "action": "deny"},
    {"name": "3", "path": "/mpk-security:mpk-security/domains/domain[name='dashboard']", "action": "permit"}
  ]}]
}`

func (r *rig) setNACM(rules string) {
	r.t.Helper()
	value := &gpb.TypedValue{Value: &gpb.TypedValue_JsonIetfVal{JsonIetfVal: []byte(rules)}}
	must(r.dial().Set(r.as("admin"), &gpb.SetRequest{Replace: []*gpb.Update{{Path: path("/ietf-netconf-acm:nacm"), Val: value}}}))(r.t)
}

func TestRulesOnGet(t *testing.T) {
	r := newRig(t, nil)
	r.setNACM(narrowRules)
	c := r.dial()
	for _, tt := range []struct {
		user, path string
		code       codes.Code
		hidden     bool // the word key-store
	}{
		{"op", top + "/domains", codes.OK, true},
		{"guest", top + "/domains", codes.OK, false},
		{"op", top + "/domains/domain[name=*]", codes.OK, true},
		{"op", top + "/domains/domain[name=dashboard]", codes.OK, true},
		// The same answer whether or not there is such a domain.
		{"op", top + "/domains/domain[name=key-store]", codes.PermissionDenied, true},
		{"op", top + "/domains/domain[name=key-store]/config/id", codes.PermissionDenied, true},
		{"op", top + "/domains/domain[name=none]", codes.NotFound, true},
		{"op", top + "/system/config/name", codes.PermissionDenied, true},
		{"guest", top + "/system/config/name", codes.OK, true},
		{"op", "/ietf-netconf-acm:nacm", codes.PermissionDenied, true},
		{"admin", "/ietf-netconf-acm:nacm", codes.OK, false},
	} {
		for _, e := range encodings {
			resp, err := c.Get(r.as(tt.user), &gpb.GetRequest{Path: []*gpb.Path{path(tt.path)}, Encoding: e})
			if status.Code(err) != tt.code {
				t.Errorf("%s, %s, %v: %v, want %v", tt.user, tt.path, e, err, tt.code)
			}
			if err == nil && !tt.hidden != strings.Contains(resp.String(), "key-store") {
				t.Errorf("%s, %s, %v: %v", tt.user, tt.path, e, resp)
			}
		}
	}
}

// TestHiddenLeafsShowNoDefault holds that a leaf that cannot be read is not
// reported as one that nobody set.
func TestHiddenLeafsShowNoDefault(t *testing.T) {
	r := newRig(t, nil)
	r.setNACM(narrowRules)
	c := r.dial()
	for _, p := range []string{top + "/system/config", "/"} {
		for _, e := range encodings {
			for user, want := range map[string]bool{"op": false, "guest": true} {
				resp := must(c.Get(r.as(user), &gpb.GetRequest{Path: []*gpb.Path{path(p)}, Encoding: e, Type: gpb.GetRequest_CONFIG}))(t)
				text := resp.String()
				if got := strings.Contains(text, "waveguard"); got != want {
					t.Errorf("%s, %s, %v: the name is shown: %t", user, p, e, got)
				}
				if !strings.Contains(text, "minimum-isolation-strength") || strings.Contains(text, "read-default") {
					t.Errorf("%s, %s, %v: %s", user, p, e, text)
				}
			}
		}
	}
	l := r.subscribe("op", &gpb.SubscriptionList{Mode: gpb.SubscriptionList_ONCE, Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(top+"/system/config", 0)}})
	if got := strings.Join(l.synced(), "\n"); strings.Contains(got, "waveguard") || !strings.Contains(got, "minimum") {
		t.Error(got)
	}
}

func TestRulesOnSet(t *testing.T) {
	r := newRig(t, nil)
	r.setNACM(narrowRules)
	c := r.dial()
	update := func(domain string) *gpb.SetRequest {
		return &gpb.SetRequest{Update: []*gpb.Update{{Path: path(top + "/domains/domain[name=" + domain + "]/config/description"), Val: text("changed")}}}
	}
	remove := func(p string) *gpb.SetRequest { return &gpb.SetRequest{Delete: []*gpb.Path{path(p)}} }
	for _, tt := range []struct {
		name, user string
		req        *gpb.SetRequest
		code       codes.Code
	}{
		{"permitted by a rule", "op", update("dashboard"), codes.OK},
		{"no rule", "op", update("controller"), codes.PermissionDenied},
		{"hidden", "op", update("key-store"), codes.PermissionDenied},
		{"hidden among others", "op", remove(top + "/domains"), codes.PermissionDenied},
		{"viewer", "guest", update("dashboard"), codes.PermissionDenied},
	} {
		_, err := c.Set(r.as(tt.user), tt.req)
		if status.Code(err) != tt.code {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.code)
		}
		if err != nil && tt.name != "hidden" && strings.Contains(err.Error(), "key-store") {
			t.Errorf("%s: the error tells of what is hidden: %v", tt.name, err)
		}
	}
	r.setNACM(`{"rule-list": [{"name": "1", "group": ["OPERATOR"], "rule": [{"name": "1", "rpc-name": "edit-config", "action": "deny"}]}]}`)
	if _, err := c.Set(r.as("op"), update("dashboard")); status.Code(err) != codes.PermissionDenied || !strings.Contains(err.Error(), "edit-config") {
		t.Errorf("a rule for edit-config: %v", err)
	}
	r.setNACM(`{"exec-default": "deny"}`)
	if _, err := c.Get(r.as("guest"), &gpb.GetRequest{Path: []*gpb.Path{path(top)}}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("exec-default: %v", err)
	}
	if _, err := c.Capabilities(r.as("guest"), &gpb.CapabilityRequest{}); err != nil {
		t.Errorf("exec-default: %v", err)
	}
}

// TestRulesOnStream changes the rules under a subscription: what becomes hidden
// is deleted, what becomes readable arrives.
func TestRulesOnStream(t *testing.T) {
	r := newRig(t, nil)
	l := r.subscribe("op", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(top+"/domains/domain/config/id", onChange)}})
	if got := l.synced(); len(got) != 4 {
		t.Fatal(got)
	}
	id := top + "/domains/domain[name=key-store]/config/id"
	r.setNACM(narrowRules)
	l.wants("- " + id)
	r.setNACM(`{}`)
	l.wants(id + " uint 3")
}
