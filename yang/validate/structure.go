package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// structurePlan says what the children of a schema node must satisfy.
type structurePlan struct {
	mandatory []*schema.Node // leafs and anydata that must be there
	counted   []*schema.Node // lists and leaf-lists with bounds
	choices   []*schema.Node // mandatory choices
	implied   []*schema.Node // non-presence containers that may lack something
	below     bool           // some stored descendant may have a plan
}

// planStructure plans n and all below, and says whether there is anything to check.
func (v *Validator) planStructure(n *schema.Node) bool {
	p := &structurePlan{}
	v.planChoices(p, n.Children)
	for _, k := range n.DataChildren {
		if !v.sees(k) {
			continue
		}
		if v.planStructure(k) {
			p.below = true
			if k.Kind == schema.Container && !k.Presence {
				p.implied = append(p.implied, k)
			}
		}
		switch {
		case k.Mandatory && !k.IsKey():
			p.mandatory = append(p.mandatory, k)
		case k.MinElements > 0 || k.MaxElements > 0:
			p.counted = append(p.counted, k)
		}
	}
	if len(p.mandatory)+len(p.counted)+len(p.choices)+len(p.implied) == 0 && !p.below {
		return false
	}
	v.checks[n] = p
	return true
}

// planChoices collects mandatory choices among schema children, nested ones too.
func (v *Validator) planChoices(p *structurePlan, kids []*schema.Node) {
	for _, k := range kids {
		switch k.Kind {
		case schema.Choice:
			if k.Mandatory && (k.Config || v.scope == tree.ConfigAndState || inOperation(k)) {
				p.choices = append(p.choices, k)
			}
			v.planChoices(p, k.Children)
		case schema.Case:
			v.planChoices(p, k.Children)
		}
	}
}

// checkParent checks the nearest container above a created or deleted node
// that still exists.
func (r *run) checkParent(path tree.Path) {
	above := path[:len(path)-1]
	id := idOf(above)
	if r.parents[id] {
		return
	}
	r.parents[id] = true
	at := r.cursor
	for i := range above {
		next := at.At(above[i : i+1])
		if next == nil {
			r.checkParent(above) // gone too; its parent misses it
			return
		}
		at = next
	}
	if r.checks[at.Node().Schema()] != nil {
		r.checkChildren(at)
	}
}

// checkBelow checks a created node and everything in it.
func (r *run) checkBelow(at *tree.Cursor) {
	c, ok := at.Node().(*tree.Container)
	if !ok {
		return
	}
	p := r.checks[c.Schema()]
	if p == nil {
		return
	}
	r.checkChildren(at)
	if !p.below {
		return
	}
	for k := range c.Children() {
		if l, ok := k.(*tree.List); ok {
			if r.checks[l.Schema()] != nil {
				for entry := range l.All() {
					r.checkBelow(at.Down(entry))
				}
			}
			continue
		}
		r.checkBelow(at.Down(k))
	}
}

// checkChildren checks the presence and number of at's children, and those of
// the containers that are only implied.
func (r *run) checkChildren(at *tree.Cursor) {
	c := at.Node().(*tree.Container)
	p := r.checks[c.Schema()]
	if p == nil {
		return
	}
	for _, s := range p.mandatory {
		if c.Child(s) == nil && at.Admits(s) {
			r.report(missing(at, s))
		}
	}
	for _, s := range p.counted {
		r.checkNumber(at, c, s)
	}
	for _, s := range p.choices {
		if at.Admits(s) && tree.ChosenCase(c, s) == nil {
			r.report(missingChoice(at, s))
		}
	}
	for _, s := range p.implied {
		if c.Child(s) == nil && at.Admits(s) {
			r.checkChildren(at.Down(tree.NewContainer(s, nil)))
		}
	}
}

func (r *run) checkNumber(at *tree.Cursor, c *tree.Container, s *schema.Node) {
	n := uint64(0)
	if l, ok := c.Child(s).(interface{ Len() int }); ok {
		n = uint64(l.Len())
	}
	switch {
	case n < s.MinElements && at.Admits(s): // RFC 7950 section 15.3
		r.report(&tree.Error{
			Tag: tree.TagOperationFailed, AppTag: "too-few-elements", Path: childPath(at, s),
			Message: fmt.Sprintf("%d %s given, at least %d needed", n, s.Name, s.MinElements),
		})
	case s.MaxElements > 0 && n > s.MaxElements: // RFC 7950 section 15.2
		r.report(&tree.Error{
			Tag: tree.TagOperationFailed, AppTag: "too-many-elements", Path: childPath(at, s),
			Message: fmt.Sprintf("%d %s given, at most %d allowed", n, s.Name, s.MaxElements),
		})
	}
}

func childPath(at *tree.Cursor, s *schema.Node) tree.Path {
	return append(at.Path(), schema.PathStep{Node: s})
}

// missing reports a mandatory node: data that a datastore lacks, or an element
// that a message lacks (RFC 6241 Appendix A).
func missing(at *tree.Cursor, s *schema.Node) *tree.Error {
	tag := tree.TagDataMissing
	if inOperation(s) {
		tag = tree.TagMissingElement
	}
	return &tree.Error{
		Tag: tag, Path: childPath(at, s),
		Message: fmt.Sprintf("%s is mandatory and missing; give it a value", s.Name),
		Info:    [][2]string{{"bad-element", s.Name}},
	}
}

// missingChoice is the error of RFC 7950 section 15.6.
func missingChoice(at *tree.Cursor, s *schema.Node) *tree.Error {
	return &tree.Error{
		Tag: tree.TagDataMissing, AppTag: "missing-choice", Path: at.Path(),
		Message: fmt.Sprintf("one of the cases of %s is needed", s.Name),
		Info:    [][2]string{{"missing-choice", s.Name}},
	}
}
