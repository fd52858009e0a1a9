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
