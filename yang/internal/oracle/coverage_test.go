package oracle

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// coverage has the conditions that this engine found violated.
type coverage map[any]bool // *schema.Must and *schema.When

func (c coverage) note(faults []*tree.Error) {
	for _, f := range faults {
		s := f.Path.Schema()
		if s == nil {
			continue
		}
		for _, m := range s.Musts {
			if f.Message == m.ErrorMessage || strings.Contains(f.Message, m.Expr.String()) {
				c[m] = true
			}
		}
		for _, w := range s.Whens {
			if strings.Contains(f.Message, w.Expr.String()) {
				c[w] = true
			}
		}
	}
}

// missed returns the conditions of the set's configuration that were never
// found violated.
func (c coverage) missed(set *schema.Set) (all int, missed []string) {
	var visit func(n *schema.Node)
	visit = func(n *schema.Node) {
		for _, m := range n.Musts {
			if all++; !c[m] {
				missed = append(missed, n.Path()+" must "+m.Expr.String())
			}
		}
		for _, w := range n.Whens {
			if all++; !c[w] {
				missed = append(missed, n.Path()+" when "+w.Expr.String())
			}
		}
		for _, k := range n.DataChildren {
			if k.IsData() && k.Config {
				visit(k)
			}
		}
	}
	visit(set.Root)
	return all, missed
}
