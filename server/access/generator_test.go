package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// generator makes rules and trees of the zoo.
type generator struct {
	*rand.Rand
	config    *config
	authority *access.Authority
	lists     []oracleList
	groups    map[string][]string
	defaults  map[access.Action]bool
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// texts are few, so that rules and data meet.
func (g *generator) text() string { return pick(g, "1", "2", "olga", "vera") }

// rules makes a configuration of /nacm, and remembers it for the oracle.
func (g *generator) rules() string {
	var b strings.Builder
	g.groups = map[string][]string{}
	read, write := g.IntN(4) > 0, g.IntN(3) == 0
	g.defaults = map[access.Action]bool{access.Read: read, access.Create: write, access.Update: write, access.Delete: write}
	verb := map[bool]string{true: "permit", false: "deny"}
	fmt.Fprintf(&b, "read-default %s\nwrite-default %s\n", verb[read], verb[write])
	for _, user := range []string{"olga", "vera"} {
		if group := pick(g, "", "", "g", "h"); group != "" {
			g.groups[user] = append(g.groups[user], group)
			fmt.Fprintf(&b, "group %s %s\n", group, user)
		}
	}
	for range g.IntN(4) {
		groups := []string{pick(g, "*", "g", "h", "VIEWER", "OPERATOR")}
		l := oracleList{groups: groups}
		fmt.Fprintf(&b, "list %s\n", groups[0])
		for range g.IntN(6) {
			r, line := g.rule()
			l.rules = append(l.rules, r)
			b.WriteString(line)
		}
		g.lists = append(g.lists, l)
	}
	return b.String()
}

func (g *generator) rule() (r oracleRule, line string) {
	r = oracleRule{module: pick(g, "*", "*", "*", "zoo", "wing"), permit: g.IntN(2) == 0}
	line = map[bool]string{true: "permit", false: "deny"}[r.permit] + " module " + r.module
	if g.IntN(8) > 0 {
		var text string
		r.path, text, r.own = g.path()
		line += " path " + text
	}
	switch names := []string{"create", "read", "update", "delete"}; g.IntN(3) {
	case 0:
		r.do = []access.Action{access.Create, access.Read, access.Update, access.Delete}
		line += " do *"
	default:
		line += " do"
		for i, a := range []access.Action{access.Create, access.Read, access.Update, access.Delete} {
			if len(r.do) == 0 && i == 3 || g.IntN(2) == 0 {
				r.do = append(r.do, a)
				line += " " + names[i]
			}
		}
	}
	return r, line + "\n"
}

// path makes a path into the zoo, in which any of the keys can be missing.
func (g *generator) path() (path tree.Path, text string, own bool) {
	at := g.config.set.Root
	for {
		var below []*schema.Node
		for _, c := range at.DataChildren {
			if c.IsData() && (c.Module.Name == "zoo" || c.Module.Name == "wing") {
				below = append(below, c)
			}
		}
		if len(below) == 0 || len(path) > 0 && g.IntN(3) == 0 {
			return path, text, own
		}
		c := pick(g, below...)
		if len(path) == 0 && g.IntN(4) > 0 {
			c = at.Child("zoo", "top")
		}
		step := schema.PathStep{Node: c}
		text += "/" + c.Module.Name + ":" + c.Name
		own = false
		for _, k := range c.Keys {
			v := schema.Value{}
			switch g.IntN(4) {
			case 0, 1:
				v = k.Type.Unchecked(g.text())
				text += fmt.Sprintf("[%s='%s']", k.Name, v)
			case 2:
				if len(c.Keys) == 1 {
					v, own = k.Type.Unchecked("USER"), true
					text += fmt.Sprintf("[%s=$USER]", k.Name)
				}
			}
			step.Keys = append(step.Keys, v)
		}
		path, at = append(path, step), c
		if own { // the oracle knows this at the end only
			return path, text, own
		}
		if c.Kind == schema.LeafList && g.IntN(2) == 0 {
			v := c.Type.Unchecked(g.text())
			path[len(path)-1].Value = &v
			text += "[.='" + v.String() + "']"
		}
	}
}

// tree makes data of the zoo.
func (g *generator) tree() *tree.Tree {
	return tree.FromRoot(g.config.set, g.container(g.config.set.Root))
}

func (g *generator) container(s *schema.Node) *tree.Container {
	return tree.NewContainer(s, g.inside(s))
}

func (g *generator) inside(s *schema.Node) (kids []tree.Node) {
	for _, c := range s.DataChildren {
		if !c.IsData() || c.IsKey() || !c.Config || c.Module.Name != "zoo" && c.Module.Name != "wing" || c.Name != "top" && g.IntN(3) == 0 {
			continue
		}
		switch c.Kind {
		case schema.Container:
			kids = append(kids, g.container(c))
		case schema.Leaf:
			kids = append(kids, tree.NewLeaf(c, c.Type.Unchecked(g.text())))
		case schema.LeafList:
			kids = append(kids, tree.NewLeafList(c, []schema.Value{c.Type.Unchecked("1"), c.Type.Unchecked(pick(g, "2", "vera"))}))
		case schema.List:
			kids = append(kids, g.list(c))
		}
	}
	return kids
}

func (g *generator) list(s *schema.Node) *tree.List {
	var all []*tree.Container
	for _, first := range []string{"1", "2", "olga", "vera"} {
		if g.IntN(2) == 0 {
			continue
		}
		var kids []tree.Node
		for i, k := range s.Keys {
			v := first
			if i > 0 {
				v = g.text()
			}
			kids = append(kids, tree.NewLeaf(k, k.Type.Unchecked(v)))
		}
		all = append(all, tree.NewContainer(s, append(kids, g.inside(s)...)))
	}
	return tree.NewList(s, all)
}

func (g *generator) oracleOf(user string) *oracle {
	role := map[string]access.Role{"olga": access.Operator, "vera": access.Viewer}[user]
	return &oracle{
		lists: g.lists, user: user, role: role, defaults: g.defaults,
		member: len(g.groups[user]) > 0, groups: append(slices.Clone(g.groups[user]), role.String()),
	}
}
