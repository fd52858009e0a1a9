package tree_test

import (
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestCasesReplaceEachOther has choices within cases, cases in short form, lists
// and conditions (RFC 7950 sections 7.9 and 8.2).
func TestCasesReplaceEachOther(t *testing.T) {
	const text = `module n {
	  yang-version 1.1; namespace urn:n; prefix n;
	  container top {
	    leaf beside { type string; }
	    choice outer {
	      case a {
	        leaf a1 { type string; }
	        choice inner {
	          leaf short { type string; }
	          case long { leaf l1 { type string; } container l2 { leaf v { type string; } } }
	          container box { leaf v { type string; } choice deep { leaf d1 { type string; } leaf-list d2 { type string; } } }
	        }
	      }
	      case b { when "beside = 'x'"; leaf b1 { type string; } list b2 { key k; leaf k { type string; } } }
	      anydata c;
	      leaf-list d { type string; ordered-by user; }
	    }
	  }
	}`
	set := yangtest.Compile(t, []string{"n"}, text)
	const top = "/n:top/"
	tests := []struct {
		name          string
		before, after []string // paths, each of a leaf or an entry
		want          string
	}{
		{"a case adds to itself", []string{"a1"}, []string{"l1"}, "/top/a1=v\n/top/l1=v\n"},
		{"inner cases", []string{"a1", "l1", "l2/v"}, []string{"short"}, "/top/a1=v\n/top/short=v\n"},
		{"inner cases, back", []string{"a1", "short"}, []string{"l2/v"}, "/top/a1=v\n/top/l2/v=v\n"},
		{"a container is a case", []string{"short"}, []string{"box/v"}, "/top/box/v=v\n"},
		{"innermost cases", []string{"box/v", "box/d1"}, []string{"box/d2[.='1']", "box/d2[.='2']"}, "/top/box/v=v\n/top/box/d2=1\n/top/box/d2=2\n"},
		{"outer for inner", []string{"a1", "box/d1", "beside"}, []string{"b2[k='1']"}, "/top/beside=v\n/top/b2[1]\n"},
		{"inner for outer", []string{"b1", "b2[k='1']", "b2[k='2']"}, []string{"box/d1"}, "/top/box/d1=v\n"},
		{"a leaf-list is a case", []string{"b1", "b2[k='1']"}, []string{"d[.='2']", "d[.='1']"}, "/top/d=2\n/top/d=1\n"},
		{"the same case anew", []string{"d[.='1']"}, []string{"d[.='1']"}, "/top/d=1\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cur := tree.New(set)
			for _, paths := range [][]string{test.before, test.after} {
				var ops []yangtest.Op
				for _, p := range paths {
					ops = append(ops, yangtest.Op{Path: top + p, Value: "v"})
				}
				cur = mustEdit(t, cur, ops...)
			}
			if got := dump(cur); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}
