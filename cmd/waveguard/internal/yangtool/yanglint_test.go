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
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	model := write(t, "ex.yang", modelText)
	f, err := Read(model, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	schema, problems, err := Models{Files: []*File{f}}.Compile()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	valid := 0
	for _, doc := range documents {
		name := "data.xml"
		if doc[0] == '{' {
			name = "data.json"
		}
		data := write(t, name, doc)
		f, err := Read(data, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		problems := schema.Validate(f, Config)
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

func write(t *testing.T, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
