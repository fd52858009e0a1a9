package learn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/tree"
)

// configuration is a policy, as enforcement reads it.
type configuration struct {
	*view.Delta // of everything from nothing
	reader      policy.Reader
}

func read(t *tree.Tree) (*configuration, error) {
	all, err := view.New(t, tree.Diff(tree.New(t.Schema()), t))
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	c := policy.NewConfig()
	c.Apply(all)
	return &configuration{all, c.Reader()}, nil
}

// CheckDomains returns an error if a policy lacks one of the domains.
func CheckDomains(policy *tree.Tree, names []string) error {
	c, err := read(policy)
	if err != nil {
		return err
	}
	return c.check(names)
}

func (c *configuration) check(names []string) error {
	for _, name := range names {
		if c.Domains[name] == nil {
			return fmt.Errorf("there is no domain %q; \"waveguard domains\" lists them", name)
		}
	}
	return nil
}

// verdict returns what gates find of calls between two domains in a process that
// registered these operations of the target.
func (c *configuration) verdict(source, target string, operations []string) page.Verdict {
	hosted := []policy.Hosted{{Domain: source}, {Domain: target, Operations: operations}}
	return policy.Compile(c.reader, hosted).Verdict(0, 1)
}

func (c *configuration) permissive(domain string) bool {
	return c.Domains[domain].GetEnforcementMode() == gen.MpkSecurityTypes_EnforcementMode_PERMISSIVE
}

func (c *configuration) domains() []string { return slices.Sorted(maps.Keys(c.Domains)) }

// transitions returns the keys of all transitions, in order.
func (c *configuration) transitions() []view.TransitionKey {
	return slices.SortedFunc(maps.Keys(c.Transitions), func(a, b view.TransitionKey) int {
		return slices.Compare([]string{a.Source, a.Target}, []string{b.Source, b.Target})
	})
}

func permits(t *gen.MpkSecurity_Transition) bool {
	return t.GetAction() == gen.MpkSecurityTypes_TransitionAction_PERMIT
}
