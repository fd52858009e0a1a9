package xml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestDecodeReportsAll: every fault is told with its element, and the rest is read.
func TestDecodeReportsAll(t *testing.T) {
	set := codectest.Example(t)
	el, err := Parse([]byte(`<config>
 <top xmlns="urn:ex">
  <mtu>abc</mtu>
  <name>x</name>  <nmae>y</nmae>
  <user><role>x</role></user>
  <user><name>a</name><prefs><size>7</size><size>8</size></prefs></user>
  <stats/>
 </top>
 <top xmlns="urn:nobody"/>
</config>`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	placed := map[string]int{}
	ed, err := DecodeEdit(set, el, DecodeOptions{
		Report: func(at *Element, fault *tree.Error) {
			got = append(got, fmt.Sprintf("%d:%d %s %s", at.Line, at.Column(), fault.Tag, fault.Path))
		},
		Placed: func(ed *tree.Edit, at *Element) { placed[ed.Schema.Name] = at.Line },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"3:3 invalid-value /ex:top/mtu",
		"4:19 unknown-element /ex:top",
		"5:3 missing-element /ex:top/user",
		"6:44 bad-element /ex:top/user[name='a']/prefs/size",
		"7:3 unknown-element /ex:top",
		"9:2 unknown-namespace /",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if placed["name"] != 4 || placed["prefs"] != 6 || placed["top"] != 2 {
		t.Errorf("places are %v", placed)
	}
	if out := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{}); !strings.Contains(out, "<name>x</name>") || !strings.Contains(out, "<size>") {
		t.Errorf("what is right is lost: %s", out)
	}
}

// TestDecodeInputReports reads the content of an operation, with its places.
func TestDecodeInputReports(t *testing.T) {
	set := codectest.Example(t)
	el, err := Parse([]byte(`<reset xmlns="urn:ex"> <delay>5</delay> <dely>6</dely></reset>`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	var placed []*tree.Edit
	c, err := DecodeInputWith(set, set.RPC("ex", "reset").DataChildren[0], el, DecodeOptions{
		Report: func(at *Element, fault *tree.Error) {
			faults = append(faults, fmt.Sprintf("%d %s", at.Column(), fault.Tag))
		},
		Placed: func(ed *tree.Edit, _ *Element) { placed = append(placed, ed) },
	})
	if err != nil || len(faults) != 1 || faults[0] != "41 unknown-element" {
		t.Fatalf("faults %v, %v", faults, err)
	}
	if v, ok := c.Leaf("delay"); !ok || v.String() != "5" || len(placed) != 2 || placed[0].Children[0] != placed[1] {
		t.Errorf("delay is %v, placed are %v", v, placed)
	}
}
