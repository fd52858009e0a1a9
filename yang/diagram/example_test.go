package diagram_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/diagram"
	"github.com/optical-net/waveguard/yang/schema"
)

func ExampleWrite() {
	source := fstest.MapFS{"amplifier.yang": {Data: []byte(`module amplifier {
		yang-version 1.1; namespace "urn:example:amplifier"; prefix amp;
		feature tilt;
		container amplifiers {
			list amplifier {
				key name;
				leaf name { type string; }
				leaf gain { type decimal64 { fraction-digits 2; } units dB; mandatory true; }
				leaf tilt { if-feature tilt; type decimal64 { fraction-digits 2; } }
				leaf output-power { config false; type decimal64 { fraction-digits 2; } }
				action shut-down { input { leaf after { type uint8; } } }
			}
		}
	}`)}}
	set, err := schema.Compile([]fs.FS{source}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := diagram.Write(os.Stdout, set, set.Module("amplifier")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// module: amplifier
	//   +--rw amplifiers
	//      +--rw amplifier* [name]
	//         +--rw name            string
	//         +--rw gain            decimal64
	//         +--rw tilt?           decimal64 {tilt}?
	//         +--ro output-power?   decimal64
	//         +---x shut-down
	//            +---w input
	//               +---w after?   uint8
}
