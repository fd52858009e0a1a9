package netconf

import (
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
)

// The server has every operation of the protocol's modules, with the parameters
// that their supported features leave, and no others. Those of the appliance's
// modules others perform, see [Operation].
func TestOperationsAreThoseOfTheModules(t *testing.T) {
	described, subscribing := 0, map[*schema.Node]bool{}
	for _, op := range subscribingOperations(must(compiled())(t)) {
		subscribing[op.Node] = true
	}
	for _, m := range must(compiled())(t).Modules {
		if !m.Implemented || strings.HasPrefix(m.Name, "mpk-security") {
			continue
		}
		for _, rpc := range m.RPCs {
			if subscribing[rpc] {
				continue // whose input is read as the schema has it
			}
			described++
			var op *operation
			for i := range operations[m.Namespace] {
				if operations[m.Namespace][i].name == rpc.Name {
					op = &operations[m.Namespace][i]
				}
			}
			if op == nil {
				t.Errorf("the server lacks %s:%s", m.Name, rpc.Name)
				continue
			}
			got, want := strings.Fields(op.params), parameters(rpc)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s:%s takes %q, its module says %q", m.Name, rpc.Name, got, want)
			}
		}
	}
	had := 0
	for _, ops := range operations {
		had += len(ops)
	}
	if had != described {
		t.Errorf("the server has %d operations, the modules %d", had, described)
	}
}

// parameters are the names of an operation's parameters, sorted.
func parameters(rpc *schema.Node) []string {
	var names []string
	for _, part := range rpc.DataChildren {
		if part.Kind == schema.Input {
			for _, p := range part.DataChildren {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
