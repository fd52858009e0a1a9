package validate_test

import (
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

const (
	structureExt = `module ietf-yang-structure-ext { namespace urn:sx; prefix sx; extension structure { argument name; } extension augment-structure { argument path; } }`
	restconfExt  = `module ietf-restconf { namespace urn:rc; prefix rc; extension yang-data { argument name; } }`
	documents    = `module m {
	  yang-version 1.1; namespace urn:m; prefix m;
	  import ietf-yang-structure-ext { prefix sx; }
	  import ietf-restconf { prefix rc; }
	  container top { leaf a { type string; } }
	  sx:structure message {
	    must "kind or part";
	    leaf kind { type string; }
	    leaf size { type uint8; mandatory true; must ". > count(../part)"; }
	    list part { key n; unique of; max-elements 2; leaf n { type uint8; } leaf of { type leafref { path "../../part/n"; } } leaf at { type leafref { path "/m:message/m:part/m:n"; } } }
	    leaf short { type leafref { path "/m:part[m:n = current()/../size]/m:n"; } }
	    leaf low { when "../kind = 'x'"; type uint8; default 3; }
	    leaf alone { type uint8; must "not(/m:top)"; must ". >= ../low"; }
	  }
	  rc:yang-data answer {
	    container answer { leaf code { type uint8; mandatory true; } leaf same { type leafref { path "/m:answer/m:code"; } } leaf big { type uint8; must "/m:answer/m:code < ."; } }
	  }
	}`
)

func TestCheckDocument(t *testing.T) {
	set := yangtest.Compile(t, []string{"ietf-yang-structure-ext", "ietf-restconf", "m"}, structureExt, restconfExt, documents)
	v := validate.New(set)
	for _, test := range []struct {
		structure, doc string
		want           []string
	}{
		{"message", `<kind>x</kind><size>2</size><part><n>1</n><of>1</of><at>1</at></part><low>1</low><alone>1</alone>`, nil},
		{"message", `<kind>y</kind><size>2</size><part><n>2</n></part><short>2</short>`, nil},
		{"message", `<kind>y</kind><size>3</size><part><n>2</n></part><short>2</short>`, []string{"data-missing instance-required /m:message/short"}},
		{"message", `<size>9</size><part><n>1</n><of>2</of><at>3</at></part><part><n>2</n><of>2</of></part><part><n>3</n></part>`, []string{
			"operation-failed data-not-unique /m:message/part", "operation-failed too-many-elements /m:message/part",
		}},
		{"message", `<low>1</low>`, []string{
			"missing-element  /m:message/size", "operation-failed must-violation /m:message", "unknown-element  /m:message/low",
		}},
		{"message", `<kind>x</kind><size>0</size><alone>2</alone>`, []string{"operation-failed must-violation /m:message/alone", "operation-failed must-violation /m:message/size"}},
		{"message", `<size>9</size><part><n>1</n><of>5</of><at>3</at></part>`, []string{
			"data-missing instance-required /m:message/part[n='1']/at", "data-missing instance-required /m:message/part[n='1']/of",
		}},
		{"answer", `<answer><code>1</code><same>1</same><big>2</big></answer>`, nil},
		{"answer", `<answer><same>1</same><big>2</big></answer>`, []string{
			"data-missing instance-required /m:answer/same", "missing-element  /m:answer/code", "operation-failed must-violation /m:answer/big",
		}},
	} {
		all := set.Module("m").Structures
		node := all[slices.IndexFunc(all, func(n *schema.Node) bool { return n.Name == test.structure })]
		el, err := xml.Parse([]byte("<doc xmlns='urn:m'>"+test.doc+"</doc>"), xml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		content, err := xml.DecodeInput(set, node, el)
		if err != nil {
			t.Fatal(err)
		}
		if got := messages(v.CheckDocument(content)); !slices.Equal(got, test.want) {
			t.Errorf("%s\ngot  %q\nwant %q", test.doc, got, test.want)
		}
	}
}
