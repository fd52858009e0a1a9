package yang_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/diagram"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// models is any file system with modules; an embed.FS and os.DirFS are others.
var models = fstest.MapFS{"fleet.yang": {Data: []byte(`
module fleet {
  yang-version 1.1;
  namespace "urn:example:fleet";
  prefix f;

  container fleet {
    list line {
      key name;
      leaf name { type string; }
      leaf gauge { type uint16 { range "600..1700"; } units mm; default 1435; }
    }
    list train {
      key number;
      unique driver;
      leaf number { type uint16; }
      leaf line { type leafref { path "../../line/name"; } mandatory true; }
      leaf driver { type string; }
      leaf cars { type uint8; must ". <= 12" { error-message "the platforms end after 12 cars"; } }
    }
  }
}`)}}

const document = `
<fleet xmlns="urn:example:fleet">
  <line><name>red</name></line>
  <line><name>green</name><gauge>1000</gauge></line>
  <train><number>7</number><line>red</line><driver>Ada</driver><cars>8</cars></train>
  <train><number>9</number><line>green</line><driver>Ben</driver><cars>4</cars></train>
</fleet>`

// read compiles the models and reads a document in XML.
func read(doc string) (*schema.Set, *tree.Tree) {
	set, err := schema.Compile([]fs.FS{models}, schema.Options{})
	check(err)
	data, err := xml.Decode(set, []byte(doc), xml.DecodeOptions{})
	check(err)
	return set, data
}

// check ends an example at an error that it does not expect.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Compile modules, and read a document that follows them.
func Example() {
	set, err := schema.Compile([]fs.FS{models}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := xml.Decode(set, []byte(document), xml.DecodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := set.ParsePath("/fleet:fleet/train[number='7']/driver")
	if err != nil {
		fmt.Println(err)
		return
	}
	driver := data.Find(path).(*tree.Leaf)
	fmt.Println(driver.Value())
	// Output: Ada
}

// Find all that is wrong with a document.
func Example_validate() {
	set, data := read(`<fleet xmlns="urn:example:fleet">
		<line><name>red</name></line>
		<train><number>7</number><line>blue</line><driver>Ada</driver><cars>16</cars></train>
		<train><number>9</number><driver>Ada</driver></train>
	</fleet>`)
	_, violations := validate.New(set).Check(nil, data)
	for _, v := range violations {
		fmt.Printf("%s (%s)\n    %s\n", v.Path, v.Tag, v.Message)
	}
	// Output:
	// /fleet:fleet/train[number='7']/cars (operation-failed)
	//     the platforms end after 12 cars
	// /fleet:fleet/train[number='7']/line (data-missing)
	//     "blue" refers to nothing: no /fleet:fleet/line/name has this value; create it first, or name one that exists
	// /fleet:fleet/train[number='9'] (operation-failed)
	//     another train has the same driver "Ada"; choose one that is free
	// /fleet:fleet/train[number='9']/line (data-missing)
	//     line is mandatory and missing; give it a value
}

// Change one leaf, and check only what the change concerns. The old version stays
// as it is.
func Example_edit() {
	set, data := read(document)
	rules := validate.New(set)
	was, violations := rules.Check(nil, data)
	if len(violations) > 0 {
		fmt.Println(violations)
		return
	}
	path, err := set.ParsePath("/fleet:fleet/train[number='7']/cars")
	check(err)
	value, err := path[len(path)-1].Node.ParseValue("10")
	check(err)

	editor := was.Tree.Edit()
	check(editor.SetLeaf(path, value))
	is, violations := rules.Check(was, editor.Tree())
	if len(violations) > 0 {
		fmt.Println(violations)
		return
	}
	for _, c := range tree.Diff(was.Tree, is.Tree) {
		fmt.Println(c.Path, c.Old.(*tree.Leaf).Value(), "->", c.New.(*tree.Leaf).Value())
	}
	// Output: /fleet:fleet/train[number='7']/cars 8 -> 10
}

// Select nodes by XPath. Default values in use are there as well.
func Example_xPath() {
	_, data := read(document)
	expr, err := xpath.Parse("/fleet:fleet/train[line = ../line[gauge > 1200]/name]/driver", nil)
	check(err)
	nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(data, tree.ConfigOnly)})
	check(err)
	for _, n := range nodes {
		fmt.Println(n.(*tree.Cursor).Path(), n.Value())
	}
	// Output: /fleet:fleet/train[number='7']/driver Ada
}

// Turn XML into JSON, defaults included.
func Example_convert() {
	_, data := read(`<fleet xmlns="urn:example:fleet"><line><name>red</name></line></fleet>`)
	check(json.Encode(os.Stdout, data.Root(), json.EncodeOptions{Defaults: json.ReportAll, Indent: "  "}))
	// Output:
	// {
	//   "fleet:fleet": {
	//     "line": [
	//       {
	//         "name": "red",
	//         "gauge": 1435
	//       }
	//     ]
	//   }
	// }
}

// Print the tree diagram of a module.
func Example_diagram() {
	set, _ := read(document)
	check(diagram.Write(os.Stdout, set, set.Module("fleet")))
	// Output:
	// module: fleet
	//   +--rw fleet
	//      +--rw line* [name]
	//      |  +--rw name     string
	//      |  +--rw gauge?   uint16
	//      +--rw train* [number]
	//         +--rw number    uint16
	//         +--rw line      -> ../../line/name
	//         +--rw driver?   string
	//         +--rw cars?     uint8
}

// Write the difference between two versions as the <config> of an edit-config,
// and apply it to the old one.
func Example_patch() {
	set, was := read(document)
	is, err := xml.Decode(set, []byte(`<fleet xmlns="urn:example:fleet">
		<line><name>red</name></line>
		<line><name>green</name><gauge>1000</gauge></line>
		<train><number>7</number><line>red</line><driver>Ada</driver><cars>10</cars></train>
	</fleet>`), xml.DecodeOptions{})
	check(err)
	edit, err := tree.Patch(set, tree.Diff(was, is))
	check(err)
	check(xml.EncodeEdit(os.Stdout, edit, xml.EncodeOptions{Indent: "  "}))

	editor := was.Edit()
	check(editor.Apply(edit, tree.Merge))
	fmt.Println("\nleft to do:", len(tree.Diff(editor.Tree(), is)))
	// Output:
	// <nc:config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">
	//   <fleet xmlns="urn:example:fleet">
	//     <train nc:operation="delete">
	//       <number>9</number>
	//     </train>
	//     <train>
	//       <number>7</number>
	//       <cars nc:operation="replace">10</cars>
	//     </train>
	//   </fleet>
	// </nc:config>
	// left to do: 0
}
