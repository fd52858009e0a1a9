package json

import (
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestDecodeReportsAll: every fault is told with its place, and the rest is read.
func TestDecodeReportsAll(t *testing.T) {
	set := codectest.Example(t)
	doc := `{"ex:top": {"mtu": "abc", "name": "x", "nmae": 1,
 "user": [{"role": "x"}, {"name": "a", "prefs": {"size": 7, "size": 8}}, 5],
 "step": ["a", 7, "a"], "stats": {}}, "nobody:top": {}}`
	var got []string
	placed := map[string]string{}
	ed, err := DecodeEdit(set, nil, []byte(doc), DecodeOptions{
		Report: func(at int, fault *tree.Error) {
			got = append(got, fmt.Sprintf("%.9s %s %s", doc[at:], fault.Tag, fault.Path))
		},
		Placed: func(ed *tree.Edit, at int) { placed[ed.Schema.Name] = doc[at : at+6] },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"mtu": "a invalid-value /ex:top/mtu`,
		`"nmae": 1 unknown-element /ex:top`,
		`{"role":  missing-element /ex:top/user`,
		`"size": 8 bad-element /ex:top/user[name='a']/prefs/size`,
		"5],\n \"ste invalid-value /ex:top/user",
		`7, "a"],  invalid-value /ex:top/step`,
		`"a"], "st bad-element /ex:top/step`,
		`"stats":  unknown-element /ex:top`,
		`"nobody:t unknown-element /`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if placed["name"] != `"name"` || placed["prefs"] != `"prefs` || placed["top"] != `"ex:to` {
		t.Errorf("places are %v", placed)
	}
	out := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{})
	if !strings.Contains(out, `"name":"x"`) || !strings.Contains(out, `"size":`) || !strings.Contains(out, `"step":["a"]`) {
		t.Errorf("what is right is lost: %s", out)
	}
}

// TestDecodeInput reads the content of an operation, with its places.
func TestDecodeInput(t *testing.T) {
	set := codectest.Example(t)
	input := set.RPC("ex", "reset").DataChildren[0]
	doc := `{"delay": 5, "dely": 6}`
	var faults []string
	placed := map[string]int{}
	c, err := DecodeInput(set, input, []byte(doc), DecodeOptions{
		Report: func(at int, fault *tree.Error) { faults = append(faults, fmt.Sprintf("%d %s", at, fault.Tag)) },
		Placed: func(ed *tree.Edit, at int) { placed[ed.Schema.Name] = at },
	})
	if err != nil || len(faults) != 1 || faults[0] != "13 unknown-element" {
		t.Fatalf("faults %v, %v", faults, err)
	}
	if v, ok := c.Leaf("delay"); !ok || v.String() != "5" || placed["delay"] != 1 {
		t.Errorf("delay is %v, places are %v", v, placed)
	}
	if _, err := DecodeInput(set, input, []byte(doc), DecodeOptions{}); err == nil {
		t.Error("the unknown member is accepted")
	}
}
