package xml_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// The difference between two configurations, as a NETCONF client sends it.
func ExampleEncodeEdit() {
	source := fstest.MapFS{"amplifier.yang": {Data: []byte(`module amplifier {
		yang-version 1.1; namespace "urn:example:amplifier"; prefix amp;
		container amplifier {
			leaf gain { type decimal64 { fraction-digits 2; } }
			leaf-list stage { type string; ordered-by user; }
		}
	}`)}}
	set, err := schema.Compile([]fs.FS{source}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	read := func(doc string) *tree.Tree {
		t, err := xml.Decode(set, []byte(doc), xml.DecodeOptions{})
		if err != nil {
			fmt.Println(err)
		}
		return t
	}
	was := read(`<amplifier xmlns="urn:example:amplifier"><gain>18.5</gain><stage>booster</stage></amplifier>`)
	is := read(`<amplifier xmlns="urn:example:amplifier"><gain>20</gain><stage>preamp</stage><stage>booster</stage></amplifier>`)

	edit, err := tree.Patch(set, tree.Diff(was, is))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := xml.EncodeEdit(os.Stdout, edit, xml.EncodeOptions{Indent: "  "}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <nc:config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">
	//   <amplifier xmlns="urn:example:amplifier">
	//     <gain nc:operation="replace">20.0</gain>
	//     <stage nc:operation="create" yang:insert="first">preamp</stage>
	//   </amplifier>
	// </nc:config>
}

// All that is wrong with a document, and on which line.
func ExampleDecode() {
	source := fstest.MapFS{"amplifier.yang": {Data: []byte(`module amplifier {
		yang-version 1.1; namespace "urn:example:amplifier"; prefix amp;
		container amplifier {
			leaf gain { type decimal64 { fraction-digits 2; range 0..40; } }
			leaf tilt { type decimal64 { fraction-digits 2; } }
		}
	}`)}}
	set, err := schema.Compile([]fs.FS{source}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	document := `<amplifier xmlns="urn:example:amplifier">
		<gain>50</gain>
		<tilt>0.3</tilt>
		<colour>red</colour>
	</amplifier>`
	_, err = xml.Decode(set, []byte(document), xml.DecodeOptions{Report: func(at *xml.Element, fault *tree.Error) {
		fmt.Printf("line %d: %s\n", at.Line, fault.Message)
	}})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// line 2: "50" is not in the range 0.0..40.0
	// line 4: module amplifier has no node "colour" here
}
