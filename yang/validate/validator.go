package validate

import (
	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Validator holds what can be worked out from a schema beforehand. It is safe
// for concurrent use.
type Validator struct {
	set        *schema.Set
	scope      tree.Scope
	facts      map[*schema.Node]*factPlan
	checks     map[*schema.Node]*structurePlan
	rules      *constraintPlan // but for the conditions
	whens      *constraintPlan
	operations map[*schema.Node][]operationRule
	referrals  uint32
	instances  bool // some leaf must identify an instance
}

// State is a tree that was found valid. It is immutable.
type State struct {
	// Tree is the valid tree: the one that was checked, without the nodes that
	// its when statements no longer allow.
	Tree      *tree.Tree
	index     btree.Map[count]
	referrers btree.Map[referrer]
}

// New prepares validation of configuration for a schema.
func New(set *schema.Set) *Validator { return newValidator(set, tree.ConfigOnly) }

// NewWithState prepares validation for trees that hold state beside the
// configuration. Whether state that breaks a constraint is a mistake is for the
// caller to say (RFC 8342 section 5.3). Nothing is deleted: a node whose when
// condition does not hold is a violation.
func NewWithState(set *schema.Set) *Validator { return newValidator(set, tree.ConfigAndState) }

func newValidator(set *schema.Set, scope tree.Scope) *Validator {
	v := &Validator{
		set:    set,
		scope:  scope,
		facts:  map[*schema.Node]*factPlan{},
		checks: map[*schema.Node]*structurePlan{},
		rules:  newConstraintPlan(set),
		whens:  newConstraintPlan(set),

		operations: map[*schema.Node][]operationRule{},
	}
	v.planFacts()
	v.planStructure(set.Root)
	v.planConstraints(set.Root)
	v.markAbove()
	v.planAlone()
	return v
}

// Check validates next, given a valid state that it came from; prev is nil for
// the first. It returns the next state, or every violation found, in document
// order of the offending nodes' paths.
//
// A node that the step from prev to next left alone, and whose when condition no
// longer holds, is deleted with all below it, and so on until nothing more has
// to go (RFC 7950 section 8.2): the next state's Tree then differs from next. A
// node that the step created or changed is a violation in that case, as is what
// the deletions break.
func (v *Validator) Check(prev *State, next *tree.Tree) (*State, []*tree.Error) {
	r := v.check(prev, next)
	if len(r.errs) > 0 {
		return nil, r.sorted()
	}
	return &State{Tree: r.next, index: r.index, referrers: r.referrers}, nil
}

func (v *Validator) check(prev *State, next *tree.Tree) *run {
	old := tree.New(v.set)
	if prev != nil {
		old = prev.Tree
	}
	conditions, changes := v.settle(old, next)
	r := newRun(v, prev, conditions.settled)
	for _, c := range changes {
		r.change(c)
	}
	if prev == nil {
		r.wholeRoot()
	}
	r.total()
	conditions.report(r)
	r.asker.asks += conditions.asks
	return r
}

// walk calls visit for every data node at and below n that is validated.
func (v *Validator) walk(n *schema.Node, visit func(*schema.Node)) {
	if n.IsData() {
		visit(n)
	}
	for _, k := range n.DataChildren {
		if v.sees(k) {
			v.walk(k, visit)
		}
	}
}

func (v *Validator) sees(n *schema.Node) bool {
	return n.IsData() && (n.Config || v.scope == tree.ConfigAndState || inOperation(n))
}

// chain returns the schema nodes from below to, exclusively, down to n.
func chain(from, n *schema.Node) []*schema.Node {
	if n == from || n == nil {
		return nil
	}
	return append(chain(from, n.DataParent), n)
}

// depth returns the number of data nodes from the root down to n.
func depth(n *schema.Node) int {
	d := 0
	for ; n.Kind != schema.Root; n = n.DataParent {
		d++
	}
	return d
}
