package validate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

const faulty = `module f {
  yang-version 1.1; namespace urn:f; prefix f;
  container top {
    list one { key k; unique "x in/y"; leaf k { type uint8; } leaf x { type uint8; } container in { leaf y { type uint8; } } }
    leaf-list few { type uint8; max-elements 1; }
    container least { presence p; list many { key k; min-elements 2; leaf k { type uint8; } } }
    leaf plain { type uint8; must ". < 3"; }
    leaf own { type uint8; must ". < 3" { error-app-tag too-high; error-message "at most 2"; } }
    leaf to { type leafref { path "../one/k"; } }
    leaf at { type instance-identifier; }
    container pick { presence p; choice which { mandatory true; leaf a { type uint8; } leaf b { type uint8; } } }
    leaf mode { type uint8; }
    leaf only { when "../mode = 1"; type uint8; }
  }
}`

// TestErrorsOfSection15 compares what is answered with RFC 7950 section 15.
func TestErrorsOfSection15(t *testing.T) {
	set := yangtest.Compile(t, []string{"f"}, faulty)
	tests := []struct {
		section string
		ops     []op
		want    string // tag, app-tag, path, info
	}{
		{"15.1", fixed("/f:top/one[k='1']/x 5", "/f:top/one[k='1']/in/y 6", "/f:top/one[k='2']/x 5", "/f:top/one[k='2']/in/y 6"), "operation-failed data-not-unique /f:top/one[k='2'] [[non-unique /f:top/one[k='2']/x] [non-unique /f:top/one[k='2']/in/y]]"},
		{"15.2", fixed("/f:top/few[.='1']", "/f:top/few[.='2']"), "operation-failed too-many-elements /f:top/few []"},
		{"15.3", fixed("/f:top/least/many[k='1']"), "operation-failed too-few-elements /f:top/least/many []"},
		{"15.4", fixed("/f:top/plain 3"), "operation-failed must-violation /f:top/plain []"},
		{"15.4, own", fixed("/f:top/own 3"), "operation-failed too-high /f:top/own []"},
		{"15.5, leafref", fixed("/f:top/to 3"), "data-missing instance-required /f:top/to []"},
		{"15.5, instance-identifier", fixed("/f:top/at /f:top/one[k='3']"), "data-missing instance-required /f:top/at []"},
		{"15.6", fixed("/f:top/pick"), "data-missing missing-choice /f:top/pick [[missing-choice which]]"},
		{"8.3.1", fixed("/f:top/only 1"), "unknown-element  /f:top/only [[bad-element only]]"},
	}
	for _, test := range tests {
		t.Run(test.section, func(t *testing.T) {
			next := mustApply(t, tree.New(set), test.ops)
			_, errs := validate.New(set).Check(nil, next)
			var got []string
			for _, e := range errs {
				got = append(got, fmt.Sprintf("%s %s %s %v", e.Tag, e.AppTag, e.Path, e.Info))
				if len(e.Message) < 8 {
					t.Errorf("the message is %q", e.Message)
				}
			}
			if !slices.Equal(got, []string{test.want}) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestEveryViolationIsTold makes one of each mistake at once.
func TestEveryViolationIsTold(t *testing.T) {
	set := yangtest.Compile(t, []string{"f"}, faulty)
	next := mustApply(t, tree.New(set), fixed(
		"/f:top/few[.='1']", "/f:top/few[.='2']", "/f:top/least/many[k='1']", "/f:top/plain 3", "/f:top/own 3", "/f:top/to 3",
		"/f:top/at /f:top/one[k='3']", "/f:top/pick", "/f:top/only 1",
		"/f:top/one[k='1']/x 5", "/f:top/one[k='1']/in/y 6", "/f:top/one[k='2']/x 5", "/f:top/one[k='2']/in/y 6",
	))
	if _, errs := validate.New(set).Check(nil, next); len(errs) != 9 {
		t.Errorf("%d violations told, want 9: %v", len(errs), errs)
	}
}
