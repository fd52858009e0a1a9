package xpath

import (
	"errors"
	"math"
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

func TestScalars(t *testing.T) {
	tests := []struct{ expr, want string }{
		// Numbers and their text.
		{"1", "1"},
		{"1.50", "1.5"},
		{".5", "0.5"},
		{"5.", "5"},
		{"-0", "0"},
		{"0 div -1", "0"},
		{"1 div 0", "Infinity"},
		{"-1 div 0", "-Infinity"},
		{"0 div 0", "NaN"},
		{"1 div (0 div -1)", "-Infinity"},
		{"1000000000000000000000", "1000000000000000000000"},
		{"0.0000001", "0.0000001"},
		{"18446744073709551615", "18446744073709552000"},
		{"1 div 3", "0.3333333333333333"},
		{"5 mod 2", "1"},
		{"5 mod -2", "1"},
		{"-5 mod 2", "-1"},
		{"-5 mod -2", "-1"},
		{"1.5 mod .5", "0"},
		{"5 mod 0", "NaN"},
		{"6 div 4", "1.5"},
		{"2 * 3 + 4 * 5", "26"},
		{"2 + 3 * 4 - 1", "13"},
		{"10 - 3 - 2", "5"},
		{"10 - (3 - 2)", "9"},
		{"8 div 2 div 2", "2"},
		{"- 3", "-3"},
		{"--3", "3"},
		{"1--1", "2"},
		{"-(1 + 2)", "-3"},
		{"2*-3", "-6"},
		{"'3' * '4'", "12"},
		{"true() + true()", "2"},
		{"port[1]/mtu - 1", "1499"},
		{"port[1]/mtu -1", "1499"},
		{"port/mtu * 2", "3000"},
		{"-port/mtu", "-1500"},

		{"number(' 12 ')", "12"},
		{"number('-.5')", "-0.5"},
		{"number('')", "NaN"},
		{"number('-')", "NaN"},
		{"number('.')", "NaN"},
		{"number('+1')", "NaN"},
		{"number('1e3')", "NaN"},
		{"number('0x10')", "NaN"},
		{"number('Infinity')", "NaN"},
		{"number('1 2')", "NaN"},
		{"number(true())", "1"},
		{"number(/none)", "NaN"},
		{"number()", "NaN"},
		{"port[2]/mtu[number() = 9000] = '9000'", "true"},

		// round, floor, ceiling.
		{"round(2.5)", "3"},
		{"round(-2.5)", "-2"},
		{"round(-0.2)", "0"},
		{"1 div round(-0.2)", "-Infinity"},
		{"1 div round(-0.5)", "-Infinity"},
		{"round(0.49999999999999994)", "0"},
		{"round(9007199254740993)", "9007199254740992"},
		{"round(1 div 0)", "Infinity"},
		{"round('a')", "NaN"},
		{"floor(-1.5)", "-2"},
		{"ceiling(-1.5)", "-1"},
		{"ceiling(1.2)", "2"},

		// Strings.
		{"string(port)", "eth01500x:opticalupredblueaugmented"},
		{"string(/none)", ""},
		{"string(1 = 1)", "true"},
		{"string(12.0)", "12"},
		{"concat('a', 1, true(), /links/best)", "a1trueeth2"},
		{"starts-with('abc', 'ab')", "true"},
		{"starts-with('abc', '')", "true"},
		{"starts-with('', 'a')", "false"},
		{"contains('abc', 'bc')", "true"},
		{"contains('abc', '')", "true"},
		{"substring-before('1999/04/01', '/')", "1999"},
		{"substring-before('a', '/')", ""},
		{"substring-after('1999/04/01', '/')", "04/01"},
		{"substring-after('1999/04/01', '19')", "99/04/01"},
		{"substring-after('a', '')", "a"},
		{"substring-after('a', 'b')", ""},
		{"substring('12345', 2, 3)", "234"},
		{"substring('12345', 2)", "2345"},
		{"substring('12345', 1.5, 2.6)", "234"},
		{"substring('12345', 0, 3)", "12"},
		{"substring('12345', 0 div 0, 3)", ""},
		{"substring('12345', 1, 0 div 0)", ""},
		{"substring('12345', -42, 1 div 0)", "12345"},
		{"substring('12345', -1 div 0, 1 div 0)", ""},
		{"substring('12345', -1 div 0)", "12345"},
		{"substring('12345', 6)", ""},
		{"substring('12345', 2, -1)", ""},
		{"substring('añ☃d', 2, 2)", "ñ☃"},
		{"string-length('añ☃')", "3"},
		{"string-length(/links/best)", "4"},
		{"count(port/name[string-length() = 4])", "3"},
		{"normalize-space(' a \t\n b ')", "a b"},
		{"normalize-space('\u00a0a')", "\u00a0a"},
		{"count(port/flags[normalize-space() = 'fast quiet'])", "1"},
		{"translate('bar','abc','AB')", "BAr"},
		{"translate('--aaa--','abc-','ABC')", "AAA"},
		{"translate('aaa','aa','xy')", "xxx"},
		{"translate('☃a','☃','ñ')", "ña"},

		// Booleans.
		{"boolean(0)", "false"},
		{"boolean(0 div 0)", "false"},
		{"boolean('false')", "true"},
		{"boolean('')", "false"},
		{"boolean(port)", "true"},
		{"boolean(none)", "false"},
		{"not(none)", "true"},
		{"lang('en')", "false"},
		{"1 = 1 or 1 div 0 = /none", "true"},
		{"true() or false() and false()", "true"},
		{"(true() or false()) and false()", "false"},
		{"false() or false() or 'x'", "true"},

		// Comparisons (section 3.4).
		{"3 > 2 > 1", "false"},
		{"3 = 3 = 1", "true"},
		{"1 = '1.0'", "true"},
		{"'1' = '1.0'", "false"},
		{"'1' < '2.0'", "true"},
		{"'a' < 'b'", "false"},
		{"'a' != 'b'", "true"},
		{"true() = 'x'", "true"},
		{"true() = 5", "true"},
		{"true() != 0", "true"},
		{"true() > false()", "true"},
		{"0 div 0 = 0 div 0", "false"},
		{"0 div 0 != 0 div 0", "true"},
		{"'NaN' = 0 div 0", "false"},
		{"port/tag = 'blue'", "true"},
		{"port/tag != 'blue'", "true"},
		{"not(port/tag = 'blue')", "false"},
		{"port[2]/tag != 'blue'", "false"},
		{"none = 'blue'", "false"},
		{"none != 'blue'", "false"},
		{"none = none", "false"},
		{"none = ''", "false"},
		{"none = false()", "true"},
		{"none != true()", "true"},
		{"port = true()", "true"},
		{"port > false()", "true"},
		{"none < true()", "true"},
		{"port/mtu > 8000", "true"},
		{"8000 < port/mtu", "true"},
		{"8000 > port/mtu", "true"},
		{"9000 < port/mtu", "false"},
		{"9000 <= port/mtu", "true"},
		{"port/mtu < '-1'", "true"},
		{"port/name < 5", "false"},
		{"port/name = /links/best", "true"},
		{"port/name != /links/best", "true"},
		{"/links/best != port[3]/name", "false"},
		{"/links/best != port/name", "true"},
		{"/links/link/cost < port/mtu", "true"},
		{"/links/link/cost > port[1]/mtu", "false"},
		{"/links/link/cost >= port[3]/mtu", "true"},
		{"port[3]/mtu <= /links/link/cost", "true"},
		{"/links/link[3]/cost < port/mtu", "false"},
		{"port/name < /links/link[3]/cost", "false"},
		{"port/parent = /links/link/from", "true"},

		// Node functions.
		{"count(port)", "3"},
		{"count(port/..)", "1"},
		{"count(port | port)", "3"},
		{"position()", "1"},
		{"last()", "1"},
		{"sum(port[position() < 3]/mtu)", "10500"},
		{"sum(none)", "0"},
		{"sum(port/name)", "NaN"},
		{"local-name(port)", "port"},
		{"local-name(none)", ""},
		{"local-name(/)", ""},
		{"local-name()", "ports"},
		{"local-name(port[2] | port[1]/x:name)", "name"},
		{"name(port[1]/x:*)", "x:name"},
		{"name()", "m:ports"},
		{"name(/)", ""},
		{"name(none)", ""},
		{"namespace-uri(port)", "urn:m"},
		{"namespace-uri(none)", ""},
		{"namespace-uri(port/name/text())", ""},

		// RFC 7950 section 10.
		{"re-match('aax', 'a*')", "false"},
		{"re-match('aa', 'a*')", "true"},
		{"re-match(port[1]/name, '[a-z]+\\d')", "true"},
		{"re-match('eth2', concat('eth', '[0-9]'))", "true"},
		{"count(port[re-match(name, 'eth[12]')])", "2"},
		{"derived-from(port/type, 'link')", "true"},
		{"derived-from(port/type, 'm:ethernet')", "true"},
		{"derived-from(port/type, 'x:optical')", "false"},
		{"derived-from(port/type, 'optical')", "false"},
		{"derived-from-or-self(port/type, 'x:optical')", "true"},
		{"derived-from-or-self(port/type, concat('x:', 'optical'))", "true"},
		{"derived-from-or-self(port, 'link')", "false"},
		{"derived-from(none, 'link')", "false"},
		{"derived-from(port/type/text(), 'link')", "false"},
		{"enum-value(port/state)", "1"},
		{"enum-value(port/name)", "NaN"},
		{"enum-value(none)", "NaN"},
		{"bit-is-set(port/flags, 'fast')", "true"},
		{"bit-is-set(port/flags, 'slow')", "false"},
		{"bit-is-set(none, 'fast')", "false"},
		{"/ports/port[1]/name[current() = 'x']", ""},
	}
	ctx := Context{Node: sample().kids[0]}
	for _, tt := range tests {
		e := mustParse(t, tt.expr)
		got, err := e.StringValue(ctx)
		if err != nil || got != tt.want {
			t.Errorf("%s = %q, %v; want %q", tt.expr, got, err, tt.want)
		}
		if again := mustParse(t, e.String()); again.String() != e.String() {
			t.Errorf("%s prints as %s, that as %s", tt.expr, e, again)
		}
	}
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
		"count(//*[count(//*[count(//*) = 1]) = 1])",
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
