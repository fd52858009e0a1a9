package netconf

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
)

// helloODL is what OpenDaylight says, which knows nothing of this appliance.
const helloODL = `<hello xmlns="` + nsBase + `"><capabilities>` +
	`<capability>urn:ietf:params:netconf:base:1.0</capability>` +
	`<capability>urn:ietf:params:netconf:base:1.1</capability>` +
	`<capability>urn:ietf:params:netconf:capability:exi:1.0</capability>` +
	`</capabilities></hello>`

// modelsAndFamily is the schema of the appliance with what it has not: a
// submodule, modules without revision, one that is only imported, deviations.
func modelsAndFamily(t *testing.T) *schema.Set {
	t.Helper()
	implement := []string{"main", "dev"}
	for _, m := range must(compiled())(t).Modules {
		implement = append(implement, m.Name)
	}
	return must(schema.Compile([]fs.FS{models.FS, family}, schema.Options{Implement: implement, Features: Features}))(t)
}

// TestMount does what OpenDaylight does until a device is mounted. It knows the
// modules from the hello and the list of schemas, not from the YANG library, and
// fetches them all at once.
func TestMount(t *testing.T) {
	set := modelsAndFamily(t)
	c := newRigFor(t, set, Limits{}).connect("admin")
	hello := c.receive()
	c.send(helloODL)
	c.Upgrade()
	announced(t, set, hello)
	c.fetch(set, c.listed(set))
}

// announced holds that a hello names all implemented modules with their
// revisions, and what else makes the controller accept a device.
func announced(t *testing.T, set *schema.Set, message string) {
	t.Helper()
	var hello struct {
		Capabilities []string `xml:"capabilities>capability"`
		ID           uint32   `xml:"session-id"`
	}
	if err := xml.Unmarshal([]byte(message), &hello); err != nil || hello.ID == 0 {
		t.Fatalf("session %d: %v", hello.ID, err)
	}
	modules := map[string]string{} // to revisions
	for _, capability := range hello.Capabilities {
		// The namespace of one module here has such characters itself.
		if at := strings.LastIndex(capability, "?module="); at > 0 {
			name, more, _ := strings.Cut(capability[at+len("?module="):], "&")
			revision, _, _ := strings.Cut(strings.TrimPrefix(more, "revision="), "&")
			modules[capability[:at]+" "+name] = revision
		}
	}
	for _, m := range set.Modules {
		if revision, has := modules[m.Namespace+" "+m.Name]; has != m.Implemented || has && revision != m.Revision {
			t.Errorf("%s@%s of %s: announced is %v, of revision %q", m.Name, m.Revision, m.Namespace, has, revision)
		}
	}
	for _, needed := range []string{
		capBase11, "urn:ietf:params:netconf:capability:candidate:1.0", "urn:ietf:params:netconf:capability:rollback-on-error:1.0",
		"urn:ietf:params:netconf:capability:yang-library:1.0?", "urn:ietf:params:netconf:capability:yang-library:1.1?",
	} {
		if !slices.ContainsFunc(hello.Capabilities, func(c string) bool { return strings.HasPrefix(c, needed) }) {
			t.Errorf("no %s", needed)
		}
	}
}

// listedSchema is one entry of netconf-state/schemas.
type listedSchema struct {
	Identifier string   `xml:"identifier"`
	Version    string   `xml:"version"`
	Format     string   `xml:"format"`
	Namespace  string   `xml:"namespace"`
	Location   []string `xml:"location"`
}

// listed reads the list of schemas, and holds that the controller can use each.
func (c *client) listed(set *schema.Set) []listedSchema {
	c.t.Helper()
	var reply struct {
		Schemas []listedSchema `xml:"data>netconf-state>schemas>schema"`
	}
	message := c.rpc(`<get><filter xmlns:a="` + nsBase + `" a:type="subtree"><netconf-state xmlns="` + nsMonitoring + `"><schemas/></netconf-state></filter></get>`)
	if err := xml.Unmarshal([]byte(message), &reply); err != nil {
		c.t.Fatal(err)
	}
	want := 0
	for _, m := range set.Modules {
		want += 1 + len(m.Submodules)
	}
	if len(reply.Schemas) != want {
		c.t.Errorf("%d schemas, want %d", len(reply.Schemas), want)
	}
	for _, s := range reply.Schemas {
		if _, format, _ := strings.Cut(s.Format, ":"); format != "yang" || s.Namespace == "" || !slices.Equal(s.Location, []string{"NETCONF"}) {
			c.t.Errorf("of no use: %+v", s)
		}
	}
	return reply.Schemas
}

// fetch asks for all schemas before it reads a reply. The replies must come in
// order and hold the very sources.
func (c *client) fetch(set *schema.Set, schemas []listedSchema) {
	c.t.Helper()
	sources := map[string]string{}
	for _, m := range set.Modules {
		sources[m.Name+"@"+m.Revision] = string(m.Source)
		for _, sub := range m.Submodules {
			sources[sub.Name+"@"+sub.Revision] = string(sub.Source)
		}
	}
	for i, s := range schemas {
		c.send(fmt.Sprintf(`<rpc message-id="m-%d" xmlns="%s"><get-schema xmlns="%s"><identifier>%s</identifier><version>%s</version><format xmlns:x5="%[3]s">x5:yang</format></get-schema></rpc>`,
			i, nsBase, nsMonitoring, s.Identifier, s.Version))
	}
	for i, s := range schemas {
		var reply struct {
			ID   string `xml:"message-id,attr"`
			Data string `xml:"data"`
		}
		if err := xml.Unmarshal([]byte(c.receive()), &reply); err != nil {
			c.t.Fatal(err)
		}
		id := s.Identifier + "@" + s.Version
		if reply.ID != fmt.Sprintf("m-%d", i) || reply.Data == "" || reply.Data != sources[id] {
			c.t.Errorf("reply %s to request %d for %s has %d bytes, want %d", reply.ID, i, id, len(reply.Data), len(sources[id]))
		}
	}
}

// TestWriteWithoutWaiting sends a whole write transaction of OpenDaylight, on a
// session that also has its subscription, before it reads a reply.
func TestWriteWithoutWaiting(t *testing.T) {
	c := newRig(t, Limits{}).open("admin")
	c.mustOK(`<create-subscription xmlns="` + nsNotification + `"/>`)
	requests := []string{
		"<lock><target><running/></target></lock>",
		"<lock><target><candidate/></target></lock>",
		edit("candidate", "<domains><domain><name>vault</name></domain></domains>"), // parents first, complete only later
		edit("candidate", `<domains><domain><name>vault</name><config xmlns:op="`+nsBase+`" op:operation="replace"><name>vault</name><id>7</id><privilege-level>LOW</privilege-level></config></domain></domains>`),
		edit("candidate", "<domains><domain><name>key-store</name><config><description>merged</description></config></domain></domains>"),
		"<commit/>",
		"<unlock><target><candidate/></target></unlock>",
		"<unlock><target><running/></target></unlock>",
	}
	const commit = 5
	for i, request := range requests {
		c.send(fmt.Sprintf(`<rpc message-id="m-%d" xmlns="%s">%s</rpc>`, i, nsBase, request))
	}
	for next, told := 0, 0; next < len(requests) || told < 2; {
		switch m := c.receive(); {
		case strings.Contains(m, "<netconf-config-change"), strings.Contains(m, "<change-notification"):
			if told++; next <= commit {
				t.Errorf("told before the reply to commit: %s", m)
			}
		case !strings.Contains(m, fmt.Sprintf(`message-id="m-%d"`, next)) || !strings.Contains(m, "<ok/>"):
			t.Fatalf("reply %d: %s", next, m)
		default:
			next++
		}
	}
}
