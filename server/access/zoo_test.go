package access_test

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// zoo has a node of every kind that a decision can be about.
var zoo = fstest.MapFS{
	"zoo.yang": {Data: []byte(`module zoo {
  yang-version 1.1; namespace urn:zoo; prefix z;
  import ietf-netconf-acm { prefix nacm; }
  container top {
    container inner { leaf x { type string; } leaf y { type string; default d; } }
    container flag { presence "set"; leaf x { type string; } }
    list l { key a; leaf a { type string; } leaf v { type string; }
      list m { key "b c"; leaf b { type string; } leaf c { type string; } leaf v { type string; } }
      leaf-list w { type string; }
      container k { leaf x { type string; } }
      action feed { input { leaf what { type string; } } }
      notification fled { leaf where { type string; } } }
    choice one { leaf c1 { type string; } case c2 { leaf c2 { type string; } } }
    leaf secret { nacm:default-deny-all; type string; }
    container locked { nacm:default-deny-write; leaf x { type string; } list n { key a; leaf a { type string; } } }
    container stats { config false; leaf seen { type string; } }
  }
  leaf-list names { type string; }
  rpc open; rpc shut { nacm:default-deny-all; }
  notification quake; notification alarm { nacm:default-deny-all; }
}`)},
	"wing.yang": {Data: []byte(`module wing {
  yang-version 1.1; namespace urn:wing; prefix w;
  import zoo { prefix z; }
  augment /z:top { container wing { leaf x { type string; } } }
  augment /z:top/z:l { leaf extra { type string; } }
}`)},
}

var zooSet = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS, zoo}, schema.Options{
		Implement: []string{"mpk-security", "ietf-netconf-acm", "ietf-netconf", "nc-notifications", "zoo", "wing"},
	})
})

// kept returns a running configuration of the zoo with a user of each role.
func kept(t testing.TB) (*config, *access.Authority) {
	t.Helper()
	set, err := zooSet()
	if err != nil {
		t.Fatal(err)
	}
	c := &config{t: t, set: set}
	c.current.Store(tree.New(set))
	for name, role := range map[string]string{"root": "ADMINISTRATOR", "olga": "OPERATOR", "vera": "VIEWER"} {
		c.user(name, role, "")
	}
	return c, access.New(c.running)
}

// at reads a whole path.
func (c *config) at(text string) tree.Path {
	c.t.Helper()
	p, err := schema.ParseNodePath(schema.Lexical{Text: text, Form: schema.Canonical, Root: c.set.Root})
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// nacm sets leafs below /nacm: pairs of path and value.
func (c *config) nacm(pairs ...string) {
	c.t.Helper()
	ed := c.running().Edit()
	for i := 0; i < len(pairs); i += 2 {
		p := c.at("/ietf-netconf-acm:nacm" + pairs[i])
		n := p.Schema()
		v, err := n.Type.Parse(schema.Lexical{Text: pairs[i+1], Form: schema.Canonical, Module: n.Module, Root: c.set.Root})
		if err != nil {
			c.t.Fatal(err)
		}
		if err := ed.SetLeaf(p, v); err != nil {
			c.t.Fatal(err)
		}
	}
	c.current.Store(ed.Tree())
}

// rules replaces /nacm by lines: "name value" sets a leaf, "group NAME USER..."
// makes a group, "list GROUP..." begins a rule-list, and what else there is are
// rules: "permit" or "deny", then "module M", "rpc N", "notification N", "path P",
// "do ACTION...".
func (c *config) rules(text string) {
	c.t.Helper()
	ed := c.running().Edit()
	if _, err := ed.DeletePath(c.at("/ietf-netconf-acm:nacm")); err != nil {
		c.t.Fatal(err)
	}
	c.current.Store(ed.Tree())
	list, rule := 0, 0
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "group":
			for _, user := range words[2:] {
				c.nacm(fmt.Sprintf("/groups/group[name='%s']/user-name[.='%s']", words[1], user), user)
			}
		case "list":
			list++
			for _, group := range words[1:] {
				c.nacm(fmt.Sprintf("/rule-list[name='%d']/group[.='%s']", list, group), group)
			}
		case "permit", "deny":
			rule++
			c.rule(fmt.Sprintf("/rule-list[name='%d']/rule[name='%d']", list, rule), words)
		default:
			c.nacm("/"+words[0], words[1])
		}
	}
}

func (c *config) rule(at string, words []string) {
	c.nacm(at+"/action", words[0])
	leafs := map[string]string{"module": "module-name", "rpc": "rpc-name", "notification": "notification-name", "path": "path"}
	for i := 1; i < len(words); i += 2 {
		if words[i] == "do" {
			c.nacm(at+"/access-operations", strings.Join(words[i+1:], " "))
			return
		}
		c.nacm(at+"/"+leafs[words[i]], words[i+1])
	}
}

func cut(target string) (module, name string, ok bool) { return strings.Cut(target, " ") }

func notification(c *config, module, name string) *schema.Node {
	for _, n := range c.set.Module(module).Notifications {
		if n.Name == name {
			return n
		}
	}
	c.t.Fatalf("%s has no notification %s", module, name)
	return nil
}

func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
