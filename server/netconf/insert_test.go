package netconf

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
)

// orderModule has what the appliance's own models have not: entries in an order
// that the user gives them.
const orderModule = `module order {
  namespace "urn:order";
  prefix o;
  container chain {
    list rule {
      key name;
      ordered-by user;
      leaf name { type string; }
    }
    leaf-list tag {
      type string;
      ordered-by user;
    }
  }
}`

var named = regexp.MustCompile(`<(?:name|tag)>(\w+)<`)

// withModule returns the schema of the appliance with one more module.
func withModule(t *testing.T, name, text string) *schema.Set {
	t.Helper()
	all := fstest.MapFS{name + ".yang": {Data: []byte(text)}}
	for _, file := range must(fs.ReadDir(models.FS, "."))(t) {
		all[file.Name()] = &fstest.MapFile{Data: must(fs.ReadFile(models.FS, file.Name()))(t)}
	}
	return must(schema.Compile([]fs.FS{all}, schema.Options{Features: Features}))(t)
}

// RFC 7950 sections 7.7.9 and 7.8.6.
func TestInsertOverEditConfig(t *testing.T) {
	c := newRigFor(t, withModule(t, "order", orderModule), Limits{}).open("admin")
	send := func(target, content string) string {
		return c.rpc(`<edit-config><target><` + target + `/></target><config xmlns:y="` + nsYANG + `" xmlns:o="urn:order"><chain xmlns="urn:order">` +
			content + `</chain></config></edit-config>`)
	}
	rule := func(name, attributes string) string {
		return `<rule ` + attributes + `><name>` + name + `</name></rule>`
	}
	want := func(target, order string) {
		t.Helper()
		reply := c.rpc(`<get-config><source><` + target + `/></source><filter><chain xmlns="urn:order"/></filter></get-config>`)
		got := ""
		for _, m := range named.FindAllStringSubmatch(reply, -1) {
			got += m[1]
		}
		if got != order {
			t.Errorf("%s is in the order %s, want %s", target, got, order)
		}
	}
	for _, step := range []struct{ content, order string }{
		{rule("c", "") + rule("a", "") + `<tag>z</tag><tag>x</tag>`, "cazx"},
		{rule("b", `y:insert="first"`), "bcazx"},
		{rule("d", `y:insert="after" y:key="[o:name='b']"`), "bdcazx"},
		{rule("a", `y:insert="before" y:key="[o:name='d']"`), "badczx"},
		{rule("b", `y:insert="last"`), "adcbzx"},
		{`<tag y:insert="first">x</tag>`, "adcbxz"},
		{`<tag y:insert="before" y:value="z">y</tag>`, "adcbxyz"},
	} {
		if reply := send("candidate", step.content); !strings.Contains(reply, "<ok/>") {
			t.Fatalf("%s: %s", step.content, reply)
		}
		want("candidate", step.order)
	}
	for content, tags := range map[string][]string{
		rule("e", `y:insert="after"`):                              {"missing-attribute"},
		rule("e", `y:insert="middle"`):                             {"bad-attribute"},
		rule("e", `y:insert="after" y:key="[o:name='nobody']"`):    {"bad-attribute", "missing-instance"},
		`<tag y:insert="before" y:value="nobody">w</tag>`:          {"bad-attribute", "missing-instance"},
		`<tag y:insert="before" y:key="[o:name='a']">w</tag>`:      {"unknown-attribute"},
		rule("e", `y:insert="first" y:key="[o:name='a']"`):         {"bad-attribute"},
		`<rule y:insert="first" y:wrong="x"><name>e</name></rule>`: {"unknown-attribute"},
		`<rule><name y:insert="first">e</name></rule>`:             {"unknown-attribute"},
	} {
		reply := send("candidate", content)
		for _, tag := range tags {
			if !strings.Contains(reply, ">"+tag+"<") {
				t.Errorf("%s: want %s in %s", content, tag, reply)
			}
		}
	}
	c.mustOK("<commit/>")
	want("running", "adcbxyz")
	c.mustOK(`<copy-config><target><candidate/></target><source><running/></source></copy-config>`)
	if reply := send("running", rule("b", `y:insert="first"`)); !strings.Contains(reply, "<ok/>") {
		t.Fatal(reply)
	}
	want("running", "badcxyz")
}
