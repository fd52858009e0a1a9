package json_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xml"
)

// A document in JSON becomes a tree, which is written in XML.
func ExampleDecode() {
	source := fstest.MapFS{"amplifier.yang": {Data: []byte(`module amplifier {
		yang-version 1.1; namespace "urn:example:amplifier"; prefix amp;
		container amplifier {
			leaf gain { type decimal64 { fraction-digits 2; } units dB; }
			leaf-list stage { type string; ordered-by user; }
		}
	}`)}}
	set, err := schema.Compile([]fs.FS{source}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := json.Decode(set, []byte(`{"amplifier:amplifier": {"gain": "18.5", "stage": ["preamp", "booster"]}}`), json.DecodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := xml.Encode(os.Stdout, data.Root(), xml.EncodeOptions{Indent: "  "}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <amplifier xmlns="urn:example:amplifier">
	//   <gain>18.5</gain>
	//   <stage>preamp</stage>
	//   <stage>booster</stage>
	// </amplifier>
}
