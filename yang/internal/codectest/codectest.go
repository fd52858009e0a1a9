// Package codectest provides the schema and the documents that the tests of the
// codecs and filters share.
package codectest

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const exampleModule = `module ex {
  yang-version 1.1;
  namespace "urn:ex";
  prefix ex;
  import ietf-yang-metadata { prefix md; }
  md:annotation note { type string; }
  md:annotation by { type identityref { base kind; } }
  md:annotation count { type uint8; }
  identity kind;
  identity slow { base kind; }
  container top {
    leaf name { type string; }
    leaf mtu { type uint16 { range "68..9000"; } default 1500; }
    leaf big { type uint64; }
    leaf dec { type decimal64 { fraction-digits 2; } }
    leaf on { type boolean; }
    leaf flag { type empty; }
    leaf set { type bits { bit a; bit b; } }
    leaf data { type binary; }
    leaf kind { type identityref { base kind; } }
    leaf at { type instance-identifier { require-instance false; } }
    leaf any-of { type union { type int8; type enumeration { enum auto; } type identityref { base kind; } } }
    leaf-list tag { type string; }
    leaf-list step { type string; ordered-by user; }
    list user {
      key name;
      leaf full { type string; }
      leaf name { type string; }
      leaf role { type string; default viewer; }
      container prefs {
        leaf theme { type string; default dark; }
        leaf size { type int8; }
      }
      list key {
        key "type id";
        leaf type { type identityref { base kind; } }
        leaf id { type uint32; }
        leaf data { type string; }
      }
    }
    list rule {
      key id;
      ordered-by user;
      leaf id { type uint16; }
      leaf action { type string; }
    }
    container opt { presence "chosen"; leaf a { type string; } leaf-list level { type uint8; default 1; default 2; } }
    choice c {
      case one { leaf one-a { type string; } leaf one-b { type string; } }
      case two { leaf two-a { type string; } }
    }
    container stats {
      config false;
      leaf in { type uint64; }
      leaf-list sample { type int8; }
      list log { leaf line { type string; } }
      leaf unit { type string; default octets; }
    }

    anydata blob;
    anyxml raw;
  }
  leaf lone { type string; }
  rpc reset {
    input {
      leaf delay { type uint8; }
      leaf-list reason { type string; }
      list what { key id; leaf id { type string; } leaf kind { type identityref { base kind; } } }
    }
    output { leaf done { type boolean; } }
  }
  notification alarm {
    leaf severity { type string; }
    container detail { leaf x { type string; } }
  }
}`

const augmentingModule = `module ex-b {
  yang-version 1.1;
  namespace "urn:ex-b";
  prefix b;
  import ex { prefix ex; }
  identity fast { base ex:kind; }
  augment /ex:top {
    leaf extra { type int32; }
    leaf mtu { type string; }
    container more { leaf in { type string; } }
  }
}`

const metadataModule = `module ietf-yang-metadata {
  namespace "urn:ietf:params:xml:ns:yang:ietf-yang-metadata";
  prefix md;
  extension annotation { argument name; }
}`

const originModule = `module ietf-origin {
  yang-version 1.1;
  namespace "urn:ietf:params:xml:ns:yang:ietf-origin";
  prefix or;
  import ietf-yang-metadata { prefix md; }
  identity origin;
  identity intended { base origin; }
  identity system { base origin; }
  identity default { base origin; }
  md:annotation origin { type identityref { base origin; } }
}`

// Example compiles a schema with every kind of node and type, in two modules: ex
// (namespace urn:ex) and ex-b, which augments it (urn:ex-b), and the annotations of
// ex and of ietf-origin.
func Example(t testing.TB) *schema.Set {
	t.Helper()
	return compile(t, Files())
}

// Files returns the modules of Example.
func Files() fstest.MapFS {
	return fstest.MapFS{
		"ex.yang":                 {Data: []byte(exampleModule)},
		"ex-b.yang":               {Data: []byte(augmentingModule)},
		"ietf-yang-metadata.yang": {Data: []byte(metadataModule)},
		"ietf-origin.yang":        {Data: []byte(originModule)},
	}
}

// Models compiles the project's own modules.
func Models(t testing.TB) *schema.Set {
	t.Helper()
	return compile(t, models.FS)
}

func compile(t testing.TB, source fs.FS) *schema.Set {
	t.Helper()
	set, err := schema.Compile([]fs.FS{source}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Transitions returns an XML document of n transitions for the schema of Models:
// a <config> element with 6 leafs, two of them keys, for each.
func Transitions(n int) string {
	var b strings.Builder
	b.WriteString(`<config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><transitions>`)
	for i := range n {
		source, target := fmt.Sprintf("d%d", i/100), fmt.Sprintf("e%d", i%100)
		fmt.Fprintf(&b, "<transition><source>%s</source><target>%s</target><config><source>%s</source><target>%s</target>"+
			"<action>PERMIT</action><max-rate>%d</max-rate></config></transition>", source, target, source, target, i+1)
	}
	b.WriteString("</transitions></mpk-security></config>")
	return b.String()
}

// Apply returns the tree that an edit makes of an empty one.
func Apply(t testing.TB, set *schema.Set, ed *tree.Edit) *tree.Tree {
	t.Helper()
	e := tree.New(set).Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}
