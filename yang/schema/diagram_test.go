package schema_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/diagram"
	"github.com/optical-net/waveguard/yang/schema"
)

// The reasons why libyang 2.1 draws otherwise.
const (
	prefixes = "libyang forgets the colon of prefixes when it aligns types"
	original = "libyang shows types as first written, without deviations"
	actions  = "libyang draws no actions of an augment without data nodes"
	augments = "libyang takes all that an augment adds for configuration"
)

var drawnOtherwise = map[string]string{
	"augment with an action and a notification":   actions,
	"augment of input, output and a notification": augments,
	"augment with the same name from two modules": prefixes,
	"augment with mandatory and when":             prefixes,
	"one name in two namespaces":                  prefixes,
	"action in an augmented list":                 prefixes,
	"deviate replace of everything":               original,
	"deviate add, delete and replace together":    original,
	"deviate an augmented node":                   original,
	"deviate the key's type":                      original,
	"when of an augment without prefix":           prefixes,
}

// What is accepted here, libyang accepts too, and draws the same diagrams of it.
func TestAcceptLikeLibyang(t *testing.T) {
	for _, tc := range schema.Acceptances {
		t.Run(tc.Name(), func(t *testing.T) {
			printed, err := schema.LintSources(t, tc.Texts())
			if reason, known := schema.LibyangRefuses[tc.Name()]; known != (err != nil) {
				t.Errorf("libyang says %v, known is %q", err, reason)
			}
			if err != nil {
				return
			}
			got := drawn(t, schema.CompileOK(t, tc.Texts()...), printed)
			if reason, known := drawnOtherwise[tc.Name()]; known != (got != printed) {
				t.Errorf("known is %q, drawn:\n%s\nlibyang:\n%s", reason, got, printed)
			}
		})
	}
}

var moduleLine = regexp.MustCompile(`(?m)^module: (.*)$`)

// drawn returns our diagrams of the modules that libyang has drawn.
func drawn(t *testing.T, set *schema.Set, printed string) string {
	t.Helper()
	var b strings.Builder
	for i, m := range moduleLine.FindAllStringSubmatch(printed, -1) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if err := diagram.Write(&b, set, set.Module(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
