package access

import (
	"iter"
	"slices"
	"sync"

	"github.com/optical-net/waveguard/yang/tree"
)

// policy is what one running configuration says about access. It never changes,
// but for what it has worked out for the users who asked.
type policy struct {
	model *model
	// users and nacm are what it was made from; nil where there is nothing.
	users, nacm *tree.Container

	enabled  bool // enable-nacm
	external bool // enable-external-groups
	defaults actions
	groups   map[string][]string // of each user
	lists    []ruleList

	mu     sync.Mutex
	rights map[string]*rights // by user
	shared map[string]*rights // by what the rights come from
}

func newPolicy(m *model, users, nacm *tree.Container) *policy {
	p := &policy{
		model: m, users: users, nacm: nacm,
		enabled: true, external: true, defaults: 1<<Read | 1<<Exec,
		rights: map[string]*rights{}, shared: map[string]*rights{},
	}
	if nacm != nil {
		p.read(nacm)
	}
	return p
}

// read takes the configuration in; leafs that are not set have the model's defaults.
func (p *policy) read(nacm *tree.Container) {
	p.enabled = text(nacm, "enable-nacm", "true") == "true"
	p.external = text(nacm, "enable-external-groups", "true") == "true"
	p.defaults = 0
	for leaf, d := range map[string]struct {
		actions
		absent string
	}{"read-default": {1 << Read, "permit"}, "write-default": {writes, "deny"}, "exec-default": {1 << Exec, "permit"}} {
		if text(nacm, leaf, d.absent) == "permit" {
			p.defaults |= d.actions
		}
	}
	p.groups = map[string][]string{}
	if groups, ok := nacm.Child(nacm.Schema().Child("", "groups")).(*tree.Container); ok {
		for g := range entries(groups, "group") {
			for _, user := range leafList(g, "user-name") {
				p.groups[user] = append(p.groups[user], text(g, "name", ""))
			}
		}
	}
	p.lists = readRules(nacm)
}

// entries yields the entries of a list of the container's module.
func entries(c *tree.Container, list string) iter.Seq[*tree.Container] {
	if l, ok := c.Child(c.Schema().Child("", list)).(*tree.List); ok {
		return l.All()
	}
	return func(func(*tree.Container) bool) {}
}

// of returns the rights of a user.
func (p *policy) of(user string) *rights {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rights[user]
	if r == nil {
		if r = p.derive(user); r.role == Nobody {
			return r // there is no end of names that nobody has
		}
		p.rights[user] = r
	}
	return r
}

// derive finds out what a user may do. Users for whom the same rules and
// defaults hold share their rights.
func (p *policy) derive(user string) *rights {
	role := p.model.roleOf(p.users, user)
	if role == Nobody || role == Administrator {
		return &rights{role: role}
	}
	groups := slices.Clone(p.groups[user])
	grouped := p.enabled && len(groups) > 0
	if p.external {
		groups = append(groups, role.String())
	}
	from, rules, personal := []byte{byte(role), flag(grouped)}, []rule(nil), false
	for i, l := range p.lists {
		if !p.enabled || !l.appliesTo(groups) {
			continue
		}
		from = append(from, byte(i>>16), byte(i>>8), byte(i))
		rules = append(rules, l.rules...)
		personal = personal || slices.ContainsFunc(l.rules, rule.personal)
	}
	if personal {
		from = append(from, user...)
	}
	if r := p.shared[string(from)]; r != nil {
		return r
	}
	r := newRights(p.model, role, p.fallback(role, grouped), rules, user)
	r.grouped = grouped
	p.shared[string(from)] = r
	return r
}

// fallback returns what is permitted where no rule and no mark decides. For
// members of a group that is what the defaults say. Everybody else has a role
// in place of write-default, and is kept to it in reading and in operations.
func (p *policy) fallback(role Role, grouped bool) actions {
	f := p.defaults
	if !p.enabled {
		f = 1<<Read | 1<<Exec
	}
	switch {
	case grouped:
		return f
	case role == Operator:
		return f | writes
	}
	return f.minus(writes)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
