package yangtool

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const modelText = `module ex {
  yang-version 1.1;
  namespace "urn:ex";
  prefix e;
  container top {
    leaf mtu { type uint16 { range "68..9000"; } default 1500; }
    leaf-list step { type string; ordered-by user; }
    list user {
      key name;
      unique mail;
      must "role != 'none' or name = 'nobody'";
      leaf name { type string { length 1..8; } }
      leaf role { type string; mandatory true; }
      leaf mail { type string; }
      leaf peer { type leafref { path ../../user/name; } }
      leaf secret { when "../role = 'admin'"; type string; }
    }
    choice c { leaf one { type empty; } leaf two { type int8; } }
  }
}`

// documents are XML unless they begin with a brace.
var documents = []string{
	`<top xmlns="urn:ex"/>`,
	`<top xmlns="urn:ex"><mtu>68</mtu><step>b</step><step>a</step></top>`,
	`<top xmlns="urn:ex"><mtu>67</mtu></top>`,
	`<top xmlns="urn:ex"><step>a</step><step>a</step></top>`,
	`<top xmlns="urn:ex"><user><name>a</name><role>admin</role><secret>s</secret><peer>a</peer></user></top>`,
	`<top xmlns="urn:ex"><user><name>a</name><role>view</role><secret>s</secret></user></top>`,
	`<top xmlns="urn:ex"><user><name>a</name></user></top>`,
	`<top xmlns="urn:ex"><user><name>a</name><role>none</role></user></top>`,
	`<top xmlns="urn:ex"><user><name>nobody</name><role>none</role></user></top>`,
	`<top xmlns="urn:ex"><user><name>a</name><role>x</role><mail>m</mail></user><user><name>b</name><role>x</role><mail>m</mail></user></top>`,
	`<top xmlns="urn:ex"><user><name>a</name><role>x</role><peer>b</peer></user></top>`,
	`<top xmlns="urn:ex"><one/></top>`,
	`<top xmlns="urn:ex"><one/><two>1</two></top>`,
	`<top xmlns="urn:ex"><three/></top>`,
	`<top xmlns="urn:ex"><mtu>1500</top>`,
	`{"ex:top": {"mtu": 1500, "step": ["a", "b"]}}`,
	`{"ex:top": {"mtu": "1500"}}`,
	`{"ex:top": {"user": [{"name": "a", "role": "x"}, {"name": "a", "role": "x"}]}}`,
	`{"ex:top": {"one": [null]}}`,
	`{"ex:top": {"one": null}}`,
	`{"ex:top": {"user": {"name": "a", "role": "x"}}}`,
	`{"ex:top": {"mtu": 1500}`,
}

// TestVerdictsOfYanglint requires that documents that one tool accepts the other
// accepts too, from file to verdict.
func TestVerdictsOfYanglint(t *testing.T) {
	tool, model := yanglint(t), write(t, "ex.yang", modelText)
	schema := compiled(t, model)
	valid := 0
	for _, doc := range documents {
		data := write(t, dataFile(doc), doc)
		problems := schema.Validate(read(t, data), Config)
		out, err := exec.Command(tool, "-t", "config", model, data).CombinedOutput()
		if refused := err != nil || len(out) > 0; refused != (len(problems) > 0) {
			t.Errorf("%s\nours:     %v\nyanglint: %s", doc, problems, out)
		}
		if len(problems) == 0 {
			valid++
		}
	}
	if valid < 5 || valid > len(documents)-5 {
		t.Errorf("%d of %d documents are valid: too one-sided to show anything", valid, len(documents))
	}
}

const operationsText = `module o {
  yang-version 1.1;
  namespace "urn:o";
  prefix o;
  container top {
    list item {
      key name;
      leaf name { type string; }
      leaf size { type uint8; }
      action grow { input { leaf by { type uint8; mandatory true; must ". + ../../size <= 10"; } } }
      notification full { leaf level { type uint8; mandatory true; } }
    }
  }
  rpc move { input { leaf from { type leafref { path "/o:top/o:item/o:name"; } mandatory true; } } }
  notification moved { leaf-list via { type uint8; max-elements 1; } }
}`

const operationalText = `<top xmlns="urn:o"><item><name>x</name><size>7</size></item></top>`

var messages = []struct {
	kind Kind
	doc  string
}{
	{RPC, `<move xmlns="urn:o"><from>x</from></move>`},
	{RPC, `<move xmlns="urn:o"><from>y</from></move>`},
	{RPC, `<move xmlns="urn:o"/>`},
	{RPC, `<move xmlns="urn:o"><from>x</from><to>y</to></move>`},
	{RPC, `<move xmlns="urn:o"><from>x</from>`},
	{RPC, `<shove xmlns="urn:o"/>`},
	{RPC, `<top xmlns="urn:o"><item><name>x</name><grow><by>3</by></grow></item></top>`},
	{RPC, `<top xmlns="urn:o"><item><name>x</name><grow><by>4</by></grow></item></top>`},
	{RPC, `<top xmlns="urn:o"><item><name>x</name><grow/></item></top>`},
	{RPC, `<top xmlns="urn:o"><item><grow><by>3</by></grow></item></top>`},
	{RPC, `{"o:move": {"from": "x"}}`},
	{RPC, `{"o:move": {"from": 1}}`},
	{Notification, `<moved xmlns="urn:o"><via>1</via></moved>`},
	{Notification, `<moved xmlns="urn:o"><via>1</via><via>2</via></moved>`},
	{Notification, `<top xmlns="urn:o"><item><name>x</name><full><level>1</level></full></item></top>`},
	{Notification, `<top xmlns="urn:o"><item><name>x</name><full/></item></top>`},
	{Notification, `{"o:moved": {"via": [1]}}`},
	{Notification, `{"o:moved": {"via": [1, 2]}}`},
}

// TestMessagesLikeYanglint is TestVerdictsOfYanglint for operations and
// notifications.
func TestMessagesLikeYanglint(t *testing.T) {
	tool := yanglint(t)
	model, operational := write(t, "o.yang", operationsText), write(t, "operational.xml", operationalText)
	schema := compiled(t, model)
	data, problems := schema.Decode(read(t, operational), true)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, m := range messages {
		file := write(t, dataFile(m.doc), m.doc)
		problems := schema.ValidateMessage(read(t, file), Message{Kind: m.kind, Data: data.Tree})
		kind := map[Kind]string{RPC: "rpc", Notification: "notif"}[m.kind]
		out, err := exec.Command(tool, "-t", kind, "-O", operational, model, file).CombinedOutput()
		if refused := err != nil || len(out) > 0; refused != (len(problems) > 0) {
			t.Errorf("%s\nours:     %v\nyanglint: %s", m.doc, problems, out)
		}
	}
}

func yanglint(t *testing.T) string {
	t.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	return tool
}

func read(t *testing.T, file string) *File {
	t.Helper()
	f, err := Read(file, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func compiled(t *testing.T, model string) *Schema {
	t.Helper()
	schema, problems, err := Models{Files: []*File{read(t, model)}}.Compile()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return schema
}

// dataFile names a file for a document.
func dataFile(doc string) string {
	if doc[0] == '{' {
		return "data.json"
	}
	return "data.xml"
}

func write(t *testing.T, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
