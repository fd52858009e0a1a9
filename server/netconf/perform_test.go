package netconf

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// serviceModule has an rpc and actions, which the appliance's own models need not have.
const serviceModule = `module service {
  yang-version 1.1;
  namespace "urn:service";
  prefix s;
  rpc restart {
    input {
      leaf line { type leafref { path "/s:lines/s:line/s:name"; } mandatory true; }
      leaf after { type uint8; units seconds; default 5; must ". > 1"; }
    }
    output { leaf id { type uint32; } }
  }
  rpc nobody;
  container lines {
    list line {
      key name;
      leaf name { type string; }
      leaf speed { type uint8; }
      action reset { input { leaf hard { type empty; } } output { leaf was { type string; } } }
      action neglect;
    }
    action clear;
  }
}`

// perform returns a rig in which the operations of serviceModule are performed,
// and what was called.
func perform(t *testing.T) (*rig, *[]string) {
	set := withModule(t, "service", serviceModule)
	var calls []string
	note := func(c Call, name string) {
		var input strings.Builder
		if err := xml.Encode(&input, c.Input, xml.EncodeOptions{}); err != nil {
			t.Error(err)
		}
		calls = append(calls, c.User.Name+" "+name+" "+c.At.String()+" "+input.String())
	}
	line := set.Root.Child("service", "lines").Child("service", "line")
	restart, reset := set.RPC("service", "restart"), line.Action("service", "reset")
	return newRigFor(t, set, Limits{},
		Operation{restart, func(_ context.Context, c Call) (*tree.Container, error) {
			note(c, "restart")
			if c.Input.Child(restart.Input().Child("", "after")) != nil {
				return nil, errors.New("the line is busy; try later")
			}
			out := &nodes{of: restart.Output()}
			out.number("id", 7)
			return out.container(), nil
		}},
		Operation{reset, func(_ context.Context, c Call) (*tree.Container, error) {
			note(c, "reset")
			out := &nodes{of: reset.Output()}
			out.leaf("was", "up & running")
			return out.container(), nil
		}},
		Operation{set.Root.Child("service", "lines").Action("service", "clear"), func(_ context.Context, c Call) (*tree.Container, error) {
			note(c, "clear")
			return nil, nil
		}},
	), &calls
}

// RFC 7950 sections 7.14 and 7.15.
func TestOperationsOfTheAppliance(t *testing.T) {
	r, calls := perform(t)
	admin, viewer := r.open("admin"), r.open("viewer")
	if reply := admin.rpc(`<edit-config><target><running/></target><config><lines xmlns="urn:service"><line><name>a</name></line></lines></config></edit-config>`); !strings.Contains(reply, "<ok/>") {
		t.Fatal(reply)
	}
	action := func(content string) string {
		return `<action xmlns="` + nsYANG + `">` + content + `</action>`
	}
	lines := func(content string) string { return action(`<lines xmlns="urn:service">` + content + `</lines>`) }
	for _, test := range []struct {
		name    string
		client  *client
		send    string
		want    []string // parts of the reply
		calling string   // the call it leads to; "" if none
	}{
		{"rpc", admin, `<restart xmlns="urn:service"><line>a</line></restart>`, []string{`<id xmlns="urn:service">7</id>`}, `admin restart / <line xmlns="urn:service">a</line>`},
		{"rpc that fails", admin, `<restart xmlns="urn:service"><line>a</line><after>3</after></restart>`, []string{"operation-failed", "the line is busy; try later"}, `admin restart / <line xmlns="urn:service">a</line><after xmlns="urn:service">3</after>`},
		{"dangling leafref", admin, `<restart xmlns="urn:service"><line>b</line></restart>`, []string{"data-missing", "instance-required", "/s:restart/s:line"}, ""},
		{"missing", admin, `<restart xmlns="urn:service"/>`, []string{"missing-element", "/s:restart/s:line"}, ""},
		{"must", admin, `<restart xmlns="urn:service"><line>a</line><after>1</after></restart>`, []string{"must-violation"}, ""},
		{"unknown parameter", admin, `<restart xmlns="urn:service"><line>a</line><x/></restart>`, []string{"unknown-element", "<bad-element>x<"}, ""},
		{"nobody performs it", admin, `<nobody xmlns="urn:service"/>`, []string{"operation-not-supported"}, ""},
		{"rpc of a viewer", viewer, `<restart xmlns="urn:service"><line>a</line></restart>`, []string{"access-denied"}, ""},

		{"action", admin, lines(`<line><name>a</name><reset><hard/></reset></line>`), []string{`<was xmlns="urn:service">up &amp; running</was>`}, `admin reset /service:lines/line[name='a'] <hard xmlns="urn:service"/>`},
		{"action of a container", admin, lines(`<clear/>`), []string{"<ok/>"}, `admin clear /service:lines `},
		{"no such instance", admin, lines(`<line><name>b</name><reset/></line>`), []string{"data-missing", "s:name='b'"}, ""},
		{"no key", admin, lines(`<line><reset/></line>`), []string{"missing-element", "<bad-element>name<"}, ""},
		{"action nobody performs", admin, lines(`<line><name>a</name><neglect/></line>`), []string{"operation-not-supported"}, ""},
		{"action of a viewer", viewer, lines(`<line><name>a</name><reset/></line>`), []string{"access-denied"}, ""},
		{"two actions", admin, lines(`<clear/><line><name>a</name><reset/></line>`), []string{"bad-element"}, ""},
		{"no action", admin, lines(``), []string{"missing-element"}, ""},
		{"empty", admin, action(``), []string{"missing-element"}, ""},
		{"a leaf is no action", admin, lines(`<line><name>a</name><speed>1</speed></line>`), []string{"unknown-element", "speed"}, ""},
		{"unknown namespace", admin, action(`<lines xmlns="urn:nothing"/>`), []string{"unknown-namespace", "urn:nothing"}, ""},
		{"bad key", admin, lines(`<line><name x="1">a</name><reset/></line>`), []string{"unknown-attribute"}, ""},
	} {
		*calls = nil
		reply := test.client.rpc(test.send)
		for _, part := range test.want {
			if !strings.Contains(reply, part) {
				t.Errorf("%s: no %q in %s", test.name, part, reply)
			}
		}
		if got := strings.Join(*calls, "; "); got != test.calling {
			t.Errorf("%s: called %q, want %q", test.name, got, test.calling)
		}
	}
}

func TestOperationsAreDefinedOnce(t *testing.T) {
	set := withModule(t, "service", serviceModule)
	run := func(context.Context, Call) (*tree.Container, error) { return nil, nil }
	op := Operation{set.RPC("service", "nobody"), run}
	for _, bad := range [][]Operation{{op, op}, {{nil, run}}, {{op.Node, nil}}} {
		if _, err := newPerformers(set, bad); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
}
