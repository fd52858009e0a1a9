package access

import (
	"errors"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// checkRules returns the paths of rules that lead nowhere: a rule that matches
// nothing would look like protection.
func (m *model) checkRules(old, next *tree.Tree) (errs []*tree.Error) {
	before, after := m.nacmIn(old.Root()), m.nacmIn(next.Root())
	if before == after || after == nil {
		return nil
	}
	for list := range entries(after, "rule-list") {
		for entry := range entries(list, "rule") {
			if err := m.checkPath(readRule(entry)); err != nil {
				errs = append(errs, &tree.Error{
					Tag: tree.TagInvalidValue, Path: m.rulePath(list, entry), Message: err.Error() + "; the rule would match nothing",
				})
			}
		}
	}
	return errs
}

func (m *model) checkPath(r rule) error {
	if r.kind != dataRule {
		return nil
	}
	path, err := r.steps(m.set.Root, "user")
	if err == nil && slices.ContainsFunc(path, func(s schema.PathStep) bool { return s.Position != 0 }) {
		err = errors.New("a rule cannot name instances by their position")
	}
	return err
}

func (m *model) rulePath(list, entry *tree.Container) tree.Path {
	return tree.Path{
		{Node: m.nacm},
		{Node: list.Schema(), Keys: list.Keys()},
		{Node: entry.Schema(), Keys: entry.Keys()},
		{Node: entry.Schema().Child("", "path")},
	}
}
