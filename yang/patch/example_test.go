package patch_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xml"
)

func ExampleBetween() {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"fleet.yang": {Data: []byte(`module fleet {
		namespace urn:example:fleet; prefix f;
		container fleet {
			list train { key number; leaf number { type uint16; } leaf driver { type string; } }
			leaf-list line { type string; ordered-by user; }
		}
	}`)}}}, schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, _ := xml.Decode(set, []byte(`<fleet xmlns="urn:example:fleet"><train><number>7</number><driver>Olga</driver></train><line>north</line><line>south</line></fleet>`), xml.DecodeOptions{})
	after, _ := xml.Decode(set, []byte(`<fleet xmlns="urn:example:fleet"><train><number>7</number><driver>Otto</driver></train><line>south</line><line>east</line></fleet>`), xml.DecodeOptions{})

	p := &patch.Patch{ID: "monday", Edits: patch.Between(before, after)}
	for _, ed := range p.Edits {
		fmt.Println(ed.ID, ed.Operation, patch.FormatTarget(ed.Target), ed.Where, patch.FormatTarget(ed.Point))
	}
	again, err := p.Apply(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = xml.Encode(os.Stdout, again.Root(), xml.EncodeOptions{})
	// Output:
	// 1 delete /fleet:fleet/line=north  /
	// 2 replace /fleet:fleet/train=7/driver  /
	// 3 insert /fleet:fleet/line=east after /fleet:fleet/line=south
	// <fleet xmlns="urn:example:fleet"><train><number>7</number><driver>Otto</driver></train><line>south</line><line>east</line></fleet>
}
