package access

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// all is what a leaf of a rule says that matches everything.
const all = "*"

// ruleList is one rule-list entry.
type ruleList struct {
	groups []string
	rules  []rule
}

// appliesTo says whether the list is for a member of these groups.
func (l ruleList) appliesTo(groups []string) bool {
	return slices.ContainsFunc(l.groups, func(g string) bool {
		return g == all && len(groups) > 0 || slices.Contains(groups, g)
	})
}

// kind is the rule-type of a rule.
type kind uint8

const (
	anything kind = iota // no rule-type
	operationRule
	notificationRule
	dataRule
)

// rule is one rule entry.
type rule struct {
	module  string // "*": any
	kind    kind
	name    string // rpc-name or notification-name
	path    string // canonical form
	actions actions
	permit  bool
}

// personal says whether the rule means another thing for each user.
func (r rule) personal() bool { return r.kind == dataRule && strings.Contains(r.path, "$USER") }

// defines says whether the rule is about what that module defines.
func (r rule) defines(m *schema.Module) bool { return r.module == all || r.module == m.Name }

// about says whether a rule of one rule-type, or of none, has this object.
func (r rule) about(k kind, n *schema.Node) bool {
	return r.defines(n.Module) && (r.kind == anything || r.kind == k && (r.name == all || r.name == n.Name))
}

// readRules reads the rule-lists below /nacm in their order.
func readRules(nacm *tree.Container) (lists []ruleList) {
	for entry := range entries(nacm, "rule-list") {
		l := ruleList{groups: leafList(entry, "group")}
		for r := range entries(entry, "rule") {
			l.rules = append(l.rules, readRule(r))
		}
		lists = append(lists, l)
	}
	return lists
}

func readRule(c *tree.Container) rule {
	r := rule{module: text(c, "module-name", all), actions: readActions(text(c, "access-operations", all)), permit: text(c, "action", "deny") == "permit"}
	if name, ok := c.Leaf("rpc-name"); ok {
		r.kind, r.name = operationRule, name.String()
	}
	if name, ok := c.Leaf("notification-name"); ok {
		r.kind, r.name = notificationRule, name.String()
	}
	if path, ok := c.Leaf("path"); ok {
		r.kind, r.path = dataRule, path.String()
	}
	return r
}

func readActions(bits string) (s actions) {
	if bits == all {
		return everything
	}
	for _, name := range strings.Fields(bits) {
		s |= 1 << slices.Index(actionNames[:], name)
	}
	return s
}

// steps returns the path of a rule for a user. RFC 8341 section 7: "/" is all data.
func (r rule) steps(root *schema.Node, user string) (tree.Path, error) {
	if strings.TrimSpace(r.path) == "/" {
		return nil, nil
	}
	return schema.ParseNodePath(schema.Lexical{Text: forUser(r.path, user), Form: schema.Canonical, Root: root})
}

// forUser puts the user's name in the place of the variable USER.
func forUser(path, user string) string {
	return strings.ReplaceAll(path, "$USER", "'"+strings.ReplaceAll(user, "'", "''")+"'")
}

// text returns the value of a leaf of the container's module.
func text(c *tree.Container, leaf, absent string) string {
	if v, ok := c.Leaf(leaf); ok {
		return v.String()
	}
	return absent
}

func leafList(c *tree.Container, name string) (values []string) {
	if l, ok := c.Child(c.Schema().Child("", name)).(*tree.LeafList); ok {
		for leaf := range l.All() {
			values = append(values, leaf.Value().String())
		}
	}
	return values
}
