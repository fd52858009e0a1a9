package xpath

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNodes(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"/", "/"},
		{".", "ports"},
		{"..", "/"},
		{"../..", ""},
		{"port", "port(eth0) port(eth1) port(eth2)"},
		{"child::m:port/child::name", "name=eth0 name=eth1 name=eth2"},
		{"port/x:name", "name=augmented"},
		{"port/x:*", "name=augmented"},
		{"port/*[local-name() = 'name']", "name=eth0 name=augmented name=eth1 name=eth2"},
		{"*", "port(eth0) port(eth1) port(eth2)"},
		{"/*", "ports links and=top"},
		{"//tag", "tag=red tag=blue tag=blue"},
		{".//tag[. = 'blue']/..", "port(eth0) port(eth1)"},
		{"port/tag/text()", "text=red text=blue text=blue"},
		{"port/text()", ""},
		{"port/empty/node()", ""},
		{"port/name/node()", "text=eth0 text=eth1 text=eth2"},
		{"port/name/node()/..", "name=eth0 name=eth1 name=eth2"},
		{"port/name/text()/ancestor::port", "port(eth0) port(eth1) port(eth2)"},
		{"port/@name", ""},
		{"port/attribute::*", ""},
		{"port/namespace::*", ""},
		{"//comment() | //processing-instruction() | //processing-instruction('a')", ""},
		{"id('eth0')", ""},

		// Positions: of a child among its parent's children, of a filter in
		// document order, and backwards on reverse axes.
		{"port[2]", "port(eth1)"},
		{"port[position() = 2]", "port(eth1)"},
		{"port[last()]", "port(eth2)"},
		{"port[last() - 1]/name", "name=eth1"},
		{"port[position() mod 2 = 1]", "port(eth0) port(eth2)"},
		{"port[0]", ""},
		{"port[1.5]", ""},
		{"port['1']", "port(eth0) port(eth1) port(eth2)"},
		{"port[true()]", "port(eth0) port(eth1) port(eth2)"},
		{"port/tag[1]", "tag=red tag=blue"},
		{"(port/tag)[1]", "tag=red"},
		{"(port/tag)[last()]", "tag=blue"},
		{"//tag[1]", "tag=red tag=blue"},
		{"/descendant::tag[1]", "tag=red"},
		{"/descendant::tag[2]/..", "port(eth0)"},
		{"port[2][1]", "port(eth1)"},
		{"port[position() > 1][1]", "port(eth1)"},
		{"port[tag][last()]", "port(eth1)"},
		{"port[last()][tag]", ""},
		{"port[1]/following-sibling::*[1]", "port(eth1)"},
		{"port[3]/preceding-sibling::*[1]", "port(eth1)"},
		{"port[3]/preceding-sibling::*", "port(eth0) port(eth1)"},
		{"(port[3]/preceding-sibling::*)[1]", "port(eth0)"},
		{"port[1]/tag[1]/ancestor::*[1]", "port(eth0)"},
		{"port[1]/tag[1]/ancestor::*[last()]", "ports"},
		{"port[1]/tag[1]/ancestor::node()[last()]", "/"},
		{"port[1]/tag[1]/ancestor-or-self::*[1]", "tag=red"},
		{"(port[1]/tag[1]/ancestor::*)[1]", "ports"},
		{"/links/preceding::name[1]", "name=eth2"},
		{"port[3]/preceding::tag", "tag=red tag=blue tag=blue"},
		{"port[3]/preceding::tag[1]/..", "port(eth1)"},
		{"port[2]/name/preceding::node()[1]", "text=augmented"},
		{"port[2]/name/preceding::*[2]", "tag=blue"},
		{"port[3]/following::*[1]", "links"},
		{"port[3]/mtu/following::link[2]", "link(eth0,eth2)"},
		{"/links/best/following::*", "div=divided and=conjoined and=top"},
		{"/following::*", ""},
		{"/preceding-sibling::node()", ""},

		// Sets are in document order, without repetition.
		{"port/..", "ports"},
		{"port/tag/../../..//best", "best=eth2"},
		{"//port/ancestor-or-self::*", "ports port(eth0) port(eth1) port(eth2)"},
		{"port[3] | port[1] | port[1]", "port(eth0) port(eth2)"},
		{"port/following-sibling::port", "port(eth1) port(eth2)"},
		{"//*/descendant::tag", "tag=red tag=blue tag=blue"},
		{"/ports/port[1]/preceding::* | .", "ports"},
		{"(port | /links)/self::links", "links"},
		{"/descendant-or-self::node()/child::tag[2]", "tag=blue"},
		{"(/)/ports", "ports"},
		{"(port)[2]/name", "name=eth1"},
		{"((port)[1])//name", "name=eth0"},

		// Operators or names (section 3.7).
		{"/links/div", "div=divided"},
		{"/links/and[.='conjoined' and 1 div 1 = 1]", "and=conjoined"},
		{"/x:and", "and=top"},
		{"//div | //and", "div=divided and=conjoined"},

		// Keys.
		{"port[name='eth1']", "port(eth1)"},
		{"port['eth1' = name]/mtu", "mtu=9000"},
		{"port[name='none']", ""},
		{"port[name=../../links/best]", "port(eth2)"},
		{"port[name=/links/best]", "port(eth2)"},
		{"port[name=/links/link/to]", "port(eth1) port(eth2)"},
		{"port[name=/links/none]", ""},
		{"/links/link[from='eth0'][to='eth2']/cost", "cost=20"},
		{"/links/link[to='eth2' and from='eth0']/cost", "cost=20"},
		{"/links/link[from='eth0']", "link(eth0,eth1) link(eth0,eth2)"},
		{"/links/link[from='eth0'][to='eth2'][cost='20']/to", "to=eth2"},
		{"/links/link[from='eth0'][to='eth2'][cost='21']/to", ""},
		{"/links/link[from='eth0'][to='eth2'][1]/to", "to=eth2"},
		{"/links/link[from='eth0'][to='eth2'][2]/to", ""},
		{"/links/link[from='eth0'][from='eth1']", ""},
		{"port/tag[.='blue']/../name", "name=eth0 name=eth1"},
		{"port[x:name='augmented']", "port(eth0)"},
		{"port[mtu=9000]", "port(eth1)"},
		{"port[mtu='9000.0']", ""},

		// RFC 7950 section 10.
		{"current()", "ports"},
		{"current()/port[1]/name", "name=eth0"},
		{"port[1]/tag[current()/port[2]/tag = .]", "tag=blue"},
		{"/links/link[from = current()/port[1]/name]/to", "to=eth1 to=eth2"},
		{"deref(port/parent)", "name=eth0"},
		{"deref(port/parent)/../mtu", "mtu=1500"},
		{"deref(port/parent)[2]", ""},
		{"deref(port/none)", ""},
		{"deref(.)", ""},
		{"deref(port/name/text())", ""},
	}
	for _, tt := range tests {
		for _, noIndex := range []bool{false, true} {
			root := sample()
			root.use.noIndex = noIndex
			e := mustParse(t, tt.expr)
			nodes, err := e.Nodes(Context{Node: root.kids[0]})
			if got := showAll(nodes); err != nil || got != tt.want {
				t.Errorf("%s (no index: %v)\n got %s, %v\nwant %s", tt.expr, noIndex, got, err, tt.want)
			}
			if found, err := e.Bool(Context{Node: root.kids[0]}); err != nil || found != (tt.want != "") {
				t.Errorf("boolean(%s) = %v, %v", tt.expr, found, err)
			}
			if s, err := e.StringValue(Context{Node: root.kids[0]}); err != nil || s != firstValue(nodes) {
				t.Errorf("string(%s) = %q, %v", tt.expr, s, err)
			}
			count, err := mustParse(t, "count("+tt.expr+")").NumberValue(Context{Node: root.kids[0]})
			if err != nil || int(count) != len(nodes) {
				t.Errorf("count(%s) = %v, %v", tt.expr, count, err)
			}
		}
	}
}

func firstValue(nodes []Node) string {
	if len(nodes) == 0 {
		return ""
	}
	return nodes[0].Value()
}

func TestContext(t *testing.T) {
	root := sample()
	eth1 := root.kids[0].kids[1]
	e := mustParse(t, "/m:name != current()/../mtu")
	got, err := e.Bool(Context{Node: root, Current: eth1.kids[0], Root: eth1})
	if err != nil || !got {
		t.Errorf("%s = %v, %v", e, got, err)
	}
	n, err := mustParse(t, "mtu").NumberValue(Context{Node: eth1})
	if err != nil || n != 9000 {
		t.Errorf("mtu = %v, %v", n, err)
	}
	if n, err = mustParse(t, "name").NumberValue(Context{Node: eth1}); err != nil || !math.IsNaN(n) {
		t.Errorf("name = %v, %v", n, err)
	}
}

func TestEvaluationErrors(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"deref(port/broken)", "deref: no such port"},
		{"port[deref(broken)/../name]", "deref: no such port"},
		{"1 = 1 and deref(port/broken)", "deref: no such port"},
		{"re-match('a', concat('(', name()))", "re-match: pattern"},
		{"derived-from(port/type, concat('y:', 'a'))", "prefix y is not declared"},
		{"derived-from-or-self(port/type, string(none))", "does not name an identity"},
	}
	ctx := Context{Node: sample().kids[0]}
	for _, tt := range tests {
		_, err := mustParse(t, tt.expr).Bool(ctx)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.expr, err, tt.want)
		}
	}
	if _, err := mustParse(t, "1 + 1").Nodes(ctx); !errors.Is(err, ErrNotNodeSet) {
		t.Errorf("nodes of a number: %v", err)
	}
	if _, err := mustParse(t, "1").Bool(Context{}); err == nil {
		t.Error("no context node, and no error")
	}
}

func TestMaxVisits(t *testing.T) {
	ctx := Context{Node: sample(), MaxVisits: 1000}
	for _, src := range []string{
		"//*[//*[//*[. = 'nope']]]",
		"//node()[following::node()[preceding::node()[. = 'nope']]]",
		"count(//*[count(../..//*[count(..//*) = 1]) = 1])",
		"//*[preceding-sibling::*[following-sibling::*[../*/../*/../* = 'none']]]",
	} {
		if _, err := mustParse(t, src).Bool(ctx); !errors.Is(err, ErrTooManyVisits) {
			t.Errorf("%s: %v", src, err)
		}
	}
	if _, err := mustParse(t, "//tag").Nodes(ctx); err != nil {
		t.Error(err)
	}
}

// An operand that is the same for all nodes is evaluated once, which changes
// nothing but the cost: a union with a set that depends on the node is not.
func TestFixedOperands(t *testing.T) {
	root := sample()
	for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
		for _, operand := range []string{"//*", "/none", "//*[1]", "count(//*)", "string(//*[2])", "current()//*"} {
			for _, form := range []string{"//*[. %s %s]", "//*[%[2]s %[1]s .]", "//*[string(.) %s %s]", "//*[%[2]s %[1]s number(.)]"} {
				movable := fmt.Sprintf("(%s | self::none)", operand)
				if !strings.HasSuffix(operand, "*") && !strings.HasPrefix(operand, "/") {
					movable = fmt.Sprintf("substring(concat(%s, self::none), 1)", operand)
				}
				if strings.HasPrefix(operand, "count") {
					movable = fmt.Sprintf("(%s + count(self::none))", operand)
				}
				once, each := fmt.Sprintf(form, op, operand), fmt.Sprintf(form, op, movable)
				got, err := mustParse(t, once).Nodes(Context{Node: root})
				if err != nil {
					t.Fatal(err)
				}
				want, err := mustParse(t, each).Nodes(Context{Node: root})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(got, want, Node.Same) {
					t.Errorf("%s: %d nodes, but %s: %d", once, len(got), each, len(want))
				}
			}
		}
	}
	if _, err := mustParse(t, "count(//*[count(//*[count(//*) = 1]) = 1])").Bool(Context{Node: root, MaxVisits: 1000}); err != nil {
		t.Errorf("a fixed operand costs more than once: %v", err)
	}
}
