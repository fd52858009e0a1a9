package gnmi

import (
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

const monitoring = top + "/transitions/transition[source=dashboard][target=performance-monitoring]"

func ietf(text string) *gpb.TypedValue {
	return &gpb.TypedValue{Value: &gpb.TypedValue_JsonIetfVal{JsonIetfVal: []byte(text)}}
}

func plain(text string) *gpb.TypedValue {
	return &gpb.TypedValue{Value: &gpb.TypedValue_JsonVal{JsonVal: []byte(text)}}
}

func unsigned(n uint64) *gpb.TypedValue {
	return &gpb.TypedValue{Value: &gpb.TypedValue_UintVal{UintVal: n}}
}

func update(p string, v *gpb.TypedValue) *gpb.Update { return &gpb.Update{Path: path(p), Val: v} }

// config returns what a subtree of the running configuration says explicitly.
func (r *rig) config(p string) string {
	r.t.Helper()
	all := must(resolver{r.schema, nil, codes.Unimplemented}.resolve(path(p)))(r.t)
	n := r.store.Running().Find(all[0].path())
	if n == nil {
		return "none"
	}
	return string(json.AppendNode(nil, n, json.EncodeOptions{Plain: true}))
}

func TestSet(t *testing.T) {
	for _, test := range []struct {
		name   string
		req    *gpb.SetRequest
		at     string
		before string
		after  string
	}{
		{
			"update a leaf", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/max-rate", unsigned(7))}},
			monitoring + "/config/max-rate", "1000", "7",
		}, {
			"update a leaf in JSON", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/action", plain(`"DENY"`))}},
			monitoring + "/config/action", `"PERMIT"`, `"DENY"`,
		}, {
			"update keeps the rest", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config", ietf(`{"mpk-security:max-dwell-time":5}`))}},
			monitoring + "/config",
			`{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}`,
			`{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000,"max-dwell-time":5}`,
		}, {
			"replace removes the rest", &gpb.SetRequest{Replace: []*gpb.Update{update(monitoring+"/config",
				ietf(`{"source":"dashboard","target":"performance-monitoring","action":"DENY"}`))}},
			monitoring + "/config",
			`{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}`,
			`{"source":"dashboard","target":"performance-monitoring","action":"DENY"}`,
		}, {
			"new entry", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=new]", plain(`{"config":{"name":"new","id":9,"privilege-level":"LOW"}}`))}},
			top + "/domains/domain[name=new]", "none", `{"name":"new","config":{"name":"new","id":9,"privilege-level":"LOW"}}`,
		}, {
			"new entry, leaf by leaf", &gpb.SetRequest{
				Prefix: path(top + "/domains/domain[name=new]/config"),
				Update: []*gpb.Update{update("/name", text("new")), update("/id", unsigned(9)), update("/privilege-level", text("LOW"))},
			},
			top + "/domains/domain[name=new]", "none", `{"name":"new","config":{"name":"new","id":9,"privilege-level":"LOW"}}`,
		}, {
			"replace a whole list by its container", &gpb.SetRequest{Replace: []*gpb.Update{update(top+"/transitions",
				ietf(`{"mpk-security:transition":[{"source":"key-store","target":"dashboard","config":{"source":"key-store","target":"dashboard","action":"DENY"}}]}`))}},
			top + "/transitions", `{"transition":[{"source":"dashboard","target":"performance-monitoring","config":{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}},` +
				`{"source":"performance-monitoring","target":"key-store","config":{"source":"performance-monitoring","target":"key-store","action":"PERMIT","fast-path":false}}]}`,
			`{"transition":[{"source":"key-store","target":"dashboard","config":{"source":"key-store","target":"dashboard","action":"DENY"}}]}`,
		}, {
			"update of a leaf-list adds", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/operation", ietf(`["write"]`))}},
			monitoring + "/config/operation", `["list","read"]`, `["list","read","write"]`,
		}, {
			"replace of a leaf-list", &gpb.SetRequest{Replace: []*gpb.Update{update(monitoring+"/config/operation",
				&gpb.TypedValue{Value: &gpb.TypedValue_LeaflistVal{LeaflistVal: &gpb.ScalarArray{Element: []*gpb.TypedValue{text("write")}}}})}},
			monitoring + "/config/operation", `["list","read"]`, `["write"]`,
		}, {
			"delete a leaf", &gpb.SetRequest{Delete: []*gpb.Path{path(monitoring + "/config/max-rate")}}, monitoring + "/config/max-rate", "1000", "none",
		}, {
			"delete an entry", &gpb.SetRequest{Delete: []*gpb.Path{path(monitoring)}}, top + "/transitions",
			`{"transition":[{"source":"dashboard","target":"performance-monitoring","config":{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}},` +
				`{"source":"performance-monitoring","target":"key-store","config":{"source":"performance-monitoring","target":"key-store","action":"PERMIT","fast-path":false}}]}`,
			`{"transition":[{"source":"performance-monitoring","target":"key-store","config":{"source":"performance-monitoring","target":"key-store","action":"PERMIT","fast-path":false}}]}`,
		}, {
			"delete a list", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/transitions/transition")}}, top + "/transitions/transition[source=dashboard]",
			`[{"source":"dashboard","target":"performance-monitoring","config":{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}},` +
				`{"source":"performance-monitoring","target":"key-store","config":{"source":"performance-monitoring","target":"key-store","action":"PERMIT","fast-path":false}}]`, "none",
		}, {
			"delete by one of two keys", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/transitions/transition[target=key-store]")}},
			top + "/transitions/transition[source=performance-monitoring][target=key-store]/config/fast-path", "false", "none",
		}, {
			"delete behind wildcards", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/*/*[source=dashboard]/config/max-rate")}},
			monitoring + "/config/max-rate", "1000", "none",
		}, {
			"delete what is not there", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/domains/domain[name=x]/config/description"), path(top + "/services/service[name=y]")}},
			top + "/system/config", "none", "none",
		}, {
			"delete twice over", &gpb.SetRequest{Delete: []*gpb.Path{path(monitoring + "/config/max-rate"), path(monitoring), path(top + "/transitions/transition[source=dashboard]")}},
			monitoring, `{"source":"dashboard","target":"performance-monitoring","config":{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}}`, "none",
		}, {
			"delete, replace and update in order", &gpb.SetRequest{
				Update:  []*gpb.Update{update(monitoring+"/config/max-rate", unsigned(3)), update(monitoring+"/config/max-rate", unsigned(4))},
				Replace: []*gpb.Update{update(monitoring, ietf(`{"config":{"source":"dashboard","target":"performance-monitoring","action":"DENY"}}`))},
				Delete:  []*gpb.Path{path(monitoring)},
			},
			monitoring + "/config", `{"source":"dashboard","target":"performance-monitoring","action":"PERMIT","operation":["list","read"],"max-rate":1000}`,
			`{"source":"dashboard","target":"performance-monitoring","action":"DENY","max-rate":4}`,
		}, {
			"nothing", &gpb.SetRequest{Extension: []*ext.Extension{{Ext: &ext.Extension_MasterArbitration{}}}}, top + "/system/config", "none", "none",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, nil)
			if got := r.config(test.at); got != test.before {
				t.Fatalf("before: %s, want %s", got, test.before)
			}
			resp, err := r.dial().Set(r.as("op"), test.req)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.config(test.at); got != test.after {
				t.Errorf("after: %s, want %s", got, test.after)
			}
			if n := len(test.req.GetDelete()) + len(test.req.GetReplace()) + len(test.req.GetUpdate()); len(resp.GetResponse()) != n || resp.GetTimestamp() == 0 {
				t.Errorf("%d operations, but the response is %v", n, resp)
			}
		})
	}
}

func TestSetRoot(t *testing.T) {
	r := newRig(t, nil)
	whole := strings.ReplaceAll(initialJSON, "HASH", hash())
	whole = strings.ReplaceAll(whole, "screens", "walls")
	if _, err := r.dial().Set(r.as("admin"), &gpb.SetRequest{Replace: []*gpb.Update{{Path: &gpb.Path{}, Val: ietf(whole)}}}); err != nil {
		t.Fatal(err)
	}
	if got := r.config(top + "/domains/domain[name=dashboard]/config/description"); got != `"walls"` {
		t.Error(got)
	}
	// What JSON writes without modules can be set again.
	if _, err := r.dial().Set(r.as("admin"), &gpb.SetRequest{Replace: []*gpb.Update{{Path: &gpb.Path{}, Val: plain(strings.ReplaceAll(whole, "mpk-security:", ""))}}}); err != nil {
		t.Fatal(err)
	}
}

func TestSetResults(t *testing.T) {
	r := newRig(t, nil)
	req := &gpb.SetRequest{
		Prefix:  &gpb.Path{Target: "node-1", Elem: path(top).Elem},
		Delete:  []*gpb.Path{path("/services")},
		Replace: []*gpb.Update{update("/system/config/name", text("a"))},
		Update:  []*gpb.Update{update("/system/config/name", text("b"))},
	}
	resp := must(r.dial().Set(r.as("admin"), req))(t)
	var got []string
	for _, u := range resp.GetResponse() {
		got = append(got, u.GetOp().String()+" "+formatElems(u.GetPath().GetElem()))
	}
	want := "DELETE /services, REPLACE /system/config/name, UPDATE /system/config/name"
	if strings.Join(got, ", ") != want || resp.GetPrefix().GetTarget() != "node-1" {
		t.Errorf("got %v", resp)
	}
	if got := r.config(top + "/system/config/name"); got != `"b"` {
		t.Error(got)
	}
}

func TestSetRefuses(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Paths = 2 })
	c := r.dial()
	running := r.store.Running()
	for _, test := range []struct {
		name, user string
		req        *gpb.SetRequest
		code       codes.Code
		want       string
	}{
		{"viewer", "guest", &gpb.SetRequest{}, codes.PermissionDenied, "VIEWER"},
		{"users", "op", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/system/users/user[name=guest]")}}, codes.PermissionDenied, "user"},
		{"users among others", "op", &gpb.SetRequest{Delete: []*gpb.Path{path("/")}}, codes.PermissionDenied, "user"},
		{"no such node", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/doors", text("x"))}}, codes.NotFound, `update 1: path /mpk-security/doors, element 2: there is no node "doors"`},
		{"wildcard", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/*", ietf(`{}`))}}, codes.InvalidArgument, "wildcards"},
		{"missing key", "op", &gpb.SetRequest{Replace: []*gpb.Update{update(top+"/transitions/transition[source=dashboard]", ietf(`{}`))}}, codes.InvalidArgument, "source, target"},
		{"list", "op", &gpb.SetRequest{Replace: []*gpb.Update{update(top+"/domains/domain", ietf(`[]`))}}, codes.InvalidArgument, "path of the container"},
		{"other key", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=new]", ietf(`{"name":"old"}`))}}, codes.InvalidArgument, `"old" here and "new" in the path`},
		{"key changed", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=dashboard]/name", text("old"))}}, codes.InvalidArgument, `the key is "dashboard" in the path`},
		{"empty entry", "op", &gpb.SetRequest{Replace: []*gpb.Update{update(monitoring, ietf(` { } `))}}, codes.InvalidArgument, "{} is no list entry"},
		{"no value", "op", &gpb.SetRequest{Replace: []*gpb.Update{update(monitoring+"/config/max-rate", nil)}}, codes.InvalidArgument, "value is missing"},
		{"null", "op", &gpb.SetRequest{Replace: []*gpb.Update{update(monitoring+"/config/max-rate", ietf(`null`))}}, codes.InvalidArgument, "null"},
		{"wrong type", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/max-rate", text("7"))}}, codes.InvalidArgument, "max-rate"},
		{"range", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/max-rate", unsigned(0))}}, codes.InvalidArgument, "1..1000000"},
		{"enum", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/action", text("MAYBE"))}}, codes.InvalidArgument, "PERMIT, DENY"},
		{"scalar for a container", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config", text("x"))}}, codes.InvalidArgument, "JSON object"},
		{"bad JSON", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config", ietf(`{`))}}, codes.InvalidArgument, ""},
		{"bad plain JSON", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config", plain(`{"a":1}x`))}}, codes.InvalidArgument, "not JSON"},
		{"plain JSON that is not UTF-8", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/system/config", plain("{\"name\":\"\xff\"}"))}}, codes.InvalidArgument, "not UTF-8"},
		{"many searches", "op", &gpb.SetRequest{Delete: []*gpb.Path{path("/.../description"), path(top + "/domains/domain"), path(top + "/transitions/transition[target=x]")}}, codes.InvalidArgument, "delete 3: more than 2"},
		{"unknown member", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config", plain(`{"speed":1}`))}}, codes.InvalidArgument, "speed"},
		{"state", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/system/state/version", text("1"))}}, codes.InvalidArgument, "is state"},
		{"state deleted", "op", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/system/state")}}, codes.InvalidArgument, "delete 1: /mpk-security:mpk-security/system/state is state"},
		{"key deleted", "op", &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/domains/domain[name=dashboard]/name")}}, codes.InvalidArgument, "delete the list entry"},
		{"encoding", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring, &gpb.TypedValue{Value: &gpb.TypedValue_AsciiVal{AsciiVal: "deny all"}})}}, codes.InvalidArgument, "JSON object"},
		{"encoding of a leaf", "op", &gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/action", &gpb.TypedValue{Value: &gpb.TypedValue_AsciiVal{AsciiVal: "DENY"}})}}, codes.Unimplemented, "ascii_val"},
		{"unknown domain", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/services/service[name=dashboard]/config/domain", text("lobby"))}}, codes.InvalidArgument, "/mpk-security:mpk-security/services/service[name='dashboard']/config/domain"},
		{"must", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=dashboard]/config/id", unsigned(0))}}, codes.InvalidArgument, "go together"},
		{"engine", "op", &gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=dashboard]/config/description", text("unenforceable"))}}, codes.Aborted, "none is left"},
		{"union_replace", "op", &gpb.SetRequest{UnionReplace: []*gpb.Update{{}}}, codes.Unimplemented, "union_replace"},
		{"history", "op", &gpb.SetRequest{Extension: []*ext.Extension{{Ext: &ext.Extension_History{}}}}, codes.Unimplemented, "history"},
	} {
		_, err := c.Set(r.as(test.user), test.req)
		if status.Code(err) != test.code || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %v with %q", test.name, err, test.code, test.want)
		}
	}
	if r.store.Running() != running {
		t.Error("a refused Set changed the running configuration")
	}
}

func TestSetTellsAllFaults(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.dial().Set(r.as("op"), &gpb.SetRequest{Update: []*gpb.Update{
		update(top+"/domains/domain[name=dashboard]/config/id", unsigned(3)), // key-store's
		update(top+"/services/service[name=dashboard]/config/domain", text("lobby")),
	}})
	var fields []string
	for _, d := range status.Convert(err).Details() {
		for _, v := range d.(*errdetails.BadRequest).GetFieldViolations() {
			fields = append(fields, v.GetReason())
		}
	}
	if len(fields) < 2 {
		t.Errorf("%v has the violations %v", err, fields)
	}
}

func TestSetWhileLocked(t *testing.T) {
	r := newRig(t, nil)
	if err := r.store.Lock(t.Context(), datastore.Running, 7); err != nil {
		t.Fatal(err)
	}
	req := &gpb.SetRequest{Delete: []*gpb.Path{path(monitoring)}}
	if _, err := r.dial().Set(r.as("op"), req); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "session 7") {
		t.Errorf("while session 7 has the lock: %v", err)
	}
	r.store.Release(7)
	if _, err := r.dial().Set(r.as("op"), req); err != nil {
		t.Error(err)
	}
}

func TestRemoveIsNoMerge(t *testing.T) {
	// The edit of a deletion makes nothing above what it removes.
	r := newRig(t, nil)
	ed := remove(r.schema, r.instance("/domains/domain[name='x']/config/description"))
	e := r.store.Running().Edit()
	if err := e.Apply(ed, tree.Merge); err == nil {
		t.Errorf("an entry was made: %v", tree.Diff(r.store.Running(), e.Tree()))
	}
}

func FuzzSet(f *testing.F) {
	for _, req := range []*gpb.SetRequest{
		{Update: []*gpb.Update{update(monitoring+"/config", ietf(`{"max-rate":5}`)), update(monitoring+"/config/max-rate", unsigned(7))}},
		{Replace: []*gpb.Update{update("/", plain(`{"mpk-security":{"domains":{"domain":[{"name":"a"}]}}}`)), update(monitoring+"/config/operation", ietf(`["a"]`))}},
		{Prefix: path(top), Delete: []*gpb.Path{path("/transitions/transition[source=*]"), path("/*/..."), path("/")}},
	} {
		raw, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	running := must(initial())(f)
	s := &Server{schema: running.Schema()}
	f.Fuzz(func(t *testing.T, raw []byte) {
		req := &gpb.SetRequest{}
		if proto.Unmarshal(raw, req) != nil {
			return
		}
		c, err := s.change(req)
		if err != nil {
			if code := status.Code(err); code == codes.OK || code == codes.Unknown || code == codes.Internal {
				t.Fatal(err)
			}
			return
		}
		e := running.Edit()
		for _, p := range paths(running, c.deletions) {
			if err := e.Apply(remove(s.schema, p), tree.Merge); err != nil && !strings.Contains(err.Error(), "key") {
				t.Fatalf("remove %s: %v", p, err)
			}
		}
		for _, ed := range c.edits {
			if e.Apply(ed, tree.Merge) != nil {
				return
			}
		}
	})
}
