package validate_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

const operations = `module o {
  yang-version 1.1; namespace urn:o; prefix o;
  container top {
    leaf mode { type string; }
    list item {
      key name;
      leaf name { type string; }
      leaf size { type uint8; default 4; }
      leaf used { config false; type uint8; }
      list port { key n; leaf n { type uint8; } }
      action grow {
        input {
          must "by or to";
          leaf by { type uint8; must ". + ../../size <= 10" { error-app-tag "too-big"; } }
          leaf to { type uint8; must ". > ../../used" { error-message "in use"; } }
          leaf like { type leafref { path "../../../item/name"; } }
          leaf port { type leafref { path "../../port/n"; } }
        }
        output { leaf size { type uint8; mandatory true; must ". >= ../../size"; } }
      }
      notification full {
        must "level > 2";
        leaf level { type uint8; mandatory true; }
        leaf port { type leafref { path "../../port/n"; } }
      }
    }
    container idle { action wake { input { leaf at { type string; must "../../../mode"; } } } }
  }
  rpc move {
    input {
      leaf from { type leafref { path "/o:top/o:item/o:name"; } mandatory true; }
      leaf port { type leafref { path "/o:top/o:item[o:name = current()/../from]/o:port/o:n"; } }
      leaf used { type leafref { path "/o:top/o:item/o:used"; } }
      list step {
        key n; unique at; max-elements 3;
        leaf n { type uint8; }
        leaf at { type uint8; default 7; }
        leaf after { type leafref { path "../../step/n"; } }
        leaf-list via { type leafref { path "/o:move/o:step/o:n"; } min-elements 1; }
      }
      choice how {
        mandatory true;
        leaf fast { type empty; }
        case slow {
          when "from = 'x'";
          leaf slow { type empty; }
          leaf speed { type uint8; default 3; }
        }
        case graph { container graph { presence "yes"; leaf m { type string; mandatory true; } } }
      }
      leaf limit { when "../slow"; type uint8; must ". <= ../speed"; }
      leaf count { type uint8; must ". = count(../step)"; must "/o:move/from"; }
      leaf where { type instance-identifier; }
      leaf any { type union { type leafref { path "../step/n"; } type enumeration { enum none; } } }
    }
    output { list done { key n; leaf n { type uint8; } leaf of { type leafref { path "../../done/n"; } } } leaf why { when "not(../done)"; type string; } }
  }
  notification moved {
    leaf item { type leafref { path "/o:top/o:item/o:name"; } mandatory true; }
    leaf-list via { type uint8; max-elements 2; must "count(../via) > 1"; }
  }
}`

const operationalData = `<top xmlns="urn:o"><mode>m</mode>` +
	`<item><name>x</name><used>3</used><port><n>1</n></port></item>` +
	`<item><name>y</name><size>9</size><port><n>2</n></port></item>` +
	`<idle/></top>` // which is there without being said, but not for libyang

var operationTests = []struct {
	name string
	kind string // yanglint's
	doc  string // what stands in the operation
	want []string
}{
	{"rpc", "rpc move", `<from>x</from><fast/>`, nil},
	{"nothing", "rpc move", ``, []string{"missing-element  /o:move/from", "data-missing missing-choice /o:move"}},
	{"unknown target", "rpc move", `<from>z</from><fast/>`, []string{"data-missing instance-required /o:move/from"}},
	{"predicate met", "rpc move", `<from>x</from><fast/><port>1</port>`, nil},
	{"predicate not met", "rpc move", `<from>y</from><fast/><port>1</port>`, []string{"data-missing instance-required /o:move/port"}},
	{"reference to state", "rpc move", `<from>x</from><fast/><used>3</used>`, nil},
	{"reference to no state", "rpc move", `<from>x</from><fast/><used>4</used>`, []string{"data-missing instance-required /o:move/used"}},
	{"siblings", "rpc move", `<from>x</from><fast/><step><n>1</n><at>1</at><via>1</via><via>2</via><via>1</via></step><step><n>2</n><after>1</after><via>1</via></step><count>2</count><any>2</any>`, nil},
	{"siblings amiss", "rpc move", `<from>x</from><fast/><step><n>1</n><after>3</after></step><count>2</count><any>2</any>`, []string{
		"data-missing instance-required /o:move/step[n='1']/after", "operation-failed too-few-elements /o:move/step[n='1']/via",
		"operation-failed must-violation /o:move/count", "data-missing instance-required /o:move/any",
	}},
	{"not unique", "rpc move", `<from>x</from><fast/><step><n>1</n><via>1</via></step><step><n>2</n><at>7</at><via>1</via></step>`, []string{"operation-failed data-not-unique /o:move/input/step"}},
	{"too many", "rpc move", `<from>x</from><fast/><step><n>1</n><at>1</at><via>1</via></step><step><n>2</n><at>2</at><via>1</via></step><step><n>3</n><at>3</at><via>1</via></step><step><n>4</n><at>4</at><via>1</via></step>`, []string{"operation-failed too-many-elements /o:move/step"}},
	{"conditions met", "rpc move", `<from>x</from><slow/><limit>3</limit>`, nil},
	{"default too low", "rpc move", `<from>x</from><slow/><limit>4</limit>`, []string{"operation-failed must-violation /o:move/limit"}},
	{"conditions not met", "rpc move", `<from>y</from><slow/>`, []string{"unknown-element  /o:move/slow"}},
	{"condition of a leaf", "rpc move", `<from>x</from><fast/><limit>3</limit>`, []string{"unknown-element  /o:move/limit", "operation-failed must-violation /o:move/limit"}},
	{"mandatory in presence", "rpc move", `<from>x</from><graph/>`, []string{"missing-element  /o:move/graph/m"}},
	{"instance", "rpc move", `<from>x</from><fast/><where xmlns:o="urn:o">/o:top/o:item[o:name='x']/o:used</where>`, nil},
	{"no instance", "rpc move", `<from>x</from><fast/><where xmlns:o="urn:o">/o:top/o:item[o:name='y']/o:used</where>`, []string{"data-missing instance-required /o:move/where"}},
	{"output", "reply move", `<done><n>1</n><of>1</of></done>`, nil},
	{"output amiss", "reply move", `<done><n>1</n><of>2</of></done><why>w</why>`, []string{"data-missing instance-required /o:move/done[n='1']/of", "unknown-element  /o:move/why"}},
	{"notification", "notif moved", `<item>y</item><via>1</via><via>1</via>`, nil},
	{"notification amiss", "notif moved", `<via>1</via>`, []string{"missing-element  /o:moved/item", "operation-failed must-violation /o:moved/via[.='1']"}},
	{"action", "rpc grow x", `<by>6</by><to>4</to><like>y</like><port>1</port>`, nil},
	{"action amiss", "rpc grow x", `<by>7</by><to>3</to><like>z</like><port>2</port>`, []string{
		"operation-failed too-big /o:top/item[name='x']/grow/by", "operation-failed must-violation /o:top/item[name='x']/grow/to",
		"data-missing instance-required /o:top/item[name='x']/grow/like", "data-missing instance-required /o:top/item[name='x']/grow/port",
	}},
	{"action of another", "rpc grow y", `<by>1</by><port>2</port>`, nil},
	{"empty action", "rpc grow x", ``, []string{"operation-failed must-violation /o:top/item[name='x']/grow"}},
	{"action of nobody", "rpc grow z", `<by>1</by>`, []string{"data-missing  /o:top/item[name='z']"}},
	{"action's output", "reply grow y", `<size>9</size>`, nil},
	{"action's output amiss", "reply grow y", `<size>8</size>`, []string{"operation-failed must-violation /o:top/item[name='y']/grow/size"}},
	{"action's output missing", "reply grow y", ``, []string{"missing-element  /o:top/item[name='y']/grow/size"}},
	{"nested notification", "notif full x", `<level>3</level><port>1</port>`, nil},
	{"nested notification amiss", "notif full x", `<level>2</level><port>2</port>`, []string{
		"operation-failed must-violation /o:top/item[name='x']/full", "data-missing instance-required /o:top/item[name='x']/full/port",
	}},
	{"action of an implied container", "rpc wake idle", `<at>now</at>`, nil},
}

func TestCheckOperation(t *testing.T) {
	set := yangtest.Compile(t, []string{"o"}, operations)
	v := validate.New(set)
	data := dataOf(t, set, operationalData)
	if _, errs := validate.NewWithState(set).Check(nil, data); errs != nil {
		t.Fatal(errs)
	}
	for _, test := range operationTests {
		t.Run(test.name, func(t *testing.T) {
			node, parent := operationNode(t, set, test.kind)
			el, err := xml.Parse([]byte("<op xmlns='urn:o'>"+test.doc+"</op>"), xml.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			op, err := xml.DecodeInput(set, node, el)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(test.want)
			if got := messages(v.CheckOperation(data, parent, op)); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// randomInput returns what may stand in the rpc move.
func randomInput(r *rand.Rand) string {
	pieces := []string{
		"<from>x</from>", "<from>y</from>", "<from>@</from>", "<fast/>", "<slow/>", "<speed>@</speed>", "<graph/>", "<graph><m>v</m></graph>",
		"<port>@</port>", "<used>@</used>", "<limit>@</limit>", "<count>@</count>", "<any>@</any>", "<any>none</any>",
		"<step><n>@</n><at>@</at><via>@</via></step>", "<step><n>@</n><via>@</via><via>@</via><after>@</after></step>", "<step><n>@</n></step>",
		"<where xmlns:o='urn:o'>/o:top/o:item[o:name='x']/o:port[o:n='@']</where>",
	}
	var doc strings.Builder
	if r.IntN(2) == 0 {
		doc.WriteString("<from>x</from><fast/>")
	}
	for range r.IntN(7) {
		for _, c := range pieces[r.IntN(len(pieces))] {
			if c == '@' {
				c = '0' + rune(r.IntN(4))
			}
			doc.WriteRune(c)
		}
	}
	return doc.String()
}

// randomOperations calls visit with the inputs of move that can be read, as
// documents, and with the violations found in them.
func randomOperations(t *testing.T, n int, visit func(data *tree.Tree, op *tree.Container, doc string, found []string)) {
	t.Helper()
	set := yangtest.Compile(t, []string{"o"}, operations)
	v := validate.New(set)
	data := dataOf(t, set, operationalData)
	node, _ := operationNode(t, set, "rpc move")
	r := rand.New(rand.NewPCG(2, 6))
	accepted, refused := 0, 0
	for range n {
		doc := "<move xmlns='urn:o'>" + randomInput(r) + "</move>"
		el, err := xml.Parse([]byte(doc), xml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		op, err := xml.DecodeInput(set, node, el)
		if err != nil {
			continue // twice the same
		}
		found := messages(v.CheckOperation(data, nil, op))
		visit(data, op, doc, found)
		if len(found) == 0 {
			accepted++
		} else {
			refused++
		}
	}
	if accepted < n/20 || refused < n/20 {
		t.Errorf("%d accepted, %d refused: that shows nothing", accepted, refused)
	}
}

// TestOperationsNaively requires that CheckOperation gives the verdict of asking
// every rule at every node.
func TestOperationsNaively(t *testing.T) {
	randomOperations(t, 3000, func(data *tree.Tree, op *tree.Container, doc string, found []string) {
		n := naive{scope: tree.ConfigAndState}
		n.node(tree.OperationCursor(data, nil, op))
		slices.Sort(n.found)
		if want := slices.Compact(n.found); !slices.Equal(found, want) {
			t.Fatalf("%s\ngot   %q\nnaive %q", doc, found, want)
		}
	})
}

func TestRandomOperationsLikeLibyang(t *testing.T) {
	tool := peer.Yanglint(t)
	dir := t.TempDir()
	model, operational, file := filepath.Join(dir, "o.yang"), filepath.Join(dir, "data.xml"), filepath.Join(dir, "op.xml")
	write(t, model, operations)
	write(t, operational, operationalData)
	randomOperations(t, 300, func(_ *tree.Tree, _ *tree.Container, doc string, found []string) {
		write(t, file, doc)
		out, _ := exec.Command(tool, "-p", dir, "-t", "rpc", "-O", operational, model, file).CombinedOutput()
		if theirs := !strings.Contains(string(out), "libyang err"); theirs != (len(found) == 0) {
			t.Errorf("ours %q, libyang %v: %s\n%s", found, theirs, doc, out)
		}
	})
}

// operationNode returns the node of "rpc NAME", "reply NAME" or "notif NAME",
// behind which the name of an item makes it an action or a nested notification.
func operationNode(t *testing.T, set *schema.Set, kind string) (*schema.Node, tree.Path) {
	t.Helper()
	words := strings.Fields(kind)
	above := set.Root
	var parent tree.Path
	switch {
	case len(words) > 2 && words[2] == "idle":
		parent = yangtest.Path(t, set, "/o:top/idle")
	case len(words) > 2:
		parent = yangtest.Path(t, set, "/o:top/item[name='"+words[2]+"']")
	}
	if parent != nil {
		above = parent.Schema()
	}
	i := slices.IndexFunc(above.Children, func(n *schema.Node) bool { return n.Name == words[1] })
	n := above.Children[i]
	switch words[0] {
	case "rpc":
		n = n.Children[0]
	case "reply":
		n = n.Children[1]
	}
	return n, parent
}

func dataOf(t *testing.T, set *schema.Set, text string) *tree.Tree {
	t.Helper()
	data, err := xml.Decode(set, []byte("<data>"+text+"</data>"), xml.DecodeOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestOperationsLikeLibyang requires that libyang gives the same verdicts.
func TestOperationsLikeLibyang(t *testing.T) {
	tool := peer.Yanglint(t)
	dir := t.TempDir()
	model, data, doc := filepath.Join(dir, "o.yang"), filepath.Join(dir, "data.xml"), filepath.Join(dir, "op.xml")
	write(t, model, operations)
	write(t, data, operationalData)
	for _, test := range operationTests {
		t.Run(test.name, func(t *testing.T) {
			words := strings.Fields(test.kind)
			text := fmt.Sprintf("<%s xmlns='urn:o'>%s</%[1]s>", words[1], test.doc)
			switch {
			case len(words) > 2 && words[2] == "idle":
				text = "<top xmlns='urn:o'><idle>" + text + "</idle></top>"
			case len(words) > 2:
				text = "<top xmlns='urn:o'><item><name>" + words[2] + "</name>" + text + "</item></top>"
			}
			write(t, doc, text)
			out, _ := exec.Command(tool, "-p", dir, "-t", words[0], "-O", data, model, doc).CombinedOutput()
			if ours, theirs := len(test.want) == 0, !strings.Contains(string(out), "libyang err") && !strings.Contains(string(out), "YANGLINT[E]"); ours != theirs {
				t.Errorf("ours %v, libyang %v: %s\n%s", ours, theirs, text, out)
			}
		})
	}
}
