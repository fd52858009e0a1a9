package access

import (
	"math"
	"sync"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// rights are what users of one kind may do: the rules for them in order, and
// what holds where none matches.
type rights struct {
	model    *model
	role     Role
	grouped  bool // a member of a configured group: the role does not count
	rules    []rule
	fallback actions
	start    *state // at the root

	once      sync.Once // for concealed
	concealed map[*schema.Node]bool

	mu         sync.Mutex
	operations map[*schema.Node]bool // that were decided on
	pruned     [4]pruned             // the versions read last
	at         int                   // the oldest of pruned
}

// pruned is a version of the data, and what of it may be read.
type pruned struct{ from, to *tree.Container }

func newRights(m *model, role Role, fallback actions, rules []rule, user string) *rights {
	r := &rights{model: m, role: role, fallback: fallback, rules: rules, operations: map[*schema.Node]bool{}}
	root := &point{}
	ids := 0
	for i, rule := range rules {
		if rule.kind != anything && rule.kind != dataRule {
			continue
		}
		to := root
		if rule.kind == dataRule {
			path, err := rule.steps(m.set.Root, user)
			if err != nil {
				continue // Check has refused it; no node stands there
			}
			to = root.lead(path, &ids)
		}
		to.rules = append(to.rules, ruling{int32(i), rule})
	}
	root.settle()
	none := verdict{}
	for i := range none.first {
		none.first[i] = math.MaxInt32
	}
	r.start = (&state{rights: r, any: none}).enter([]*point{root})
	return r
}

// firstOf returns the first rule for an operation or notification, which must
// permit the action, and its number.
func (r *rights) firstOf(k kind, n *schema.Node, a Action) (number int32, permit bool) {
	for i, rule := range r.rules {
		if rule.actions.has(a) && rule.about(k, n) {
			return int32(i), rule.permit
		}
	}
	return math.MaxInt32, false
}

// runs decides on an operation.
func (r *rights) runs(op *schema.Node) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	permit, known := r.operations[op]
	if !known {
		number, by := r.firstOf(operationRule, op, Exec)
		if permit = by; number == math.MaxInt32 {
			permit = r.runsByDefault(op)
		}
		r.operations[op] = permit
	}
	return permit
}

// runsByDefault decides on an operation, or an action of a data node, that no
// rule is about.
func (r *rights) runsByDefault(op *schema.Node) bool {
	switch {
	case r.model.marks[op].has(Exec), !r.fallback.has(Exec), drastic(op):
		return false
	}
	return r.grouped || r.role == Operator || readingOperations[op.Name] && op.Kind == schema.RPC
}

// drastic says whether only a rule opens an operation (RFC 8341 section 3.4.4
// step 11).
func drastic(n *schema.Node) bool {
	return n.Module.Name == "ietf-netconf" && (n.Name == "kill-session" || n.Name == "delete-config")
}

// readable returns what of root may be read.
func (r *rights) readable(root *tree.Container) *tree.Container {
	r.mu.Lock()
	for _, p := range r.pruned {
		if p.from == root {
			r.mu.Unlock()
			return p.to
		}
	}
	r.mu.Unlock()
	to := r.start.prune(root)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pruned[r.at] = pruned{root, to}
	r.at = (r.at + 1) % len(r.pruned)
	return to
}
