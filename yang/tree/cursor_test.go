package tree_test

import (
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// TestCursor checks what XPath sees: stored nodes, defaults in use, implied containers.
func TestCursor(t *testing.T) {
	set := compile(t)
	data, err := apply(t, tree.New(set), tree.Merge,
		yangtest.Op{Path: "/t:top/sys[k='2']/v", Value: "two"}, yangtest.Op{Path: "/t:top/sys[k='10']/v", Value: "ten"},
		yangtest.Op{Path: "/t:top/c2a", Value: "x"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ expr, want string }{
		{"/t:top/t:a", "dflt"},
		{"/t:top/t:np/t:y", "yy"},
		{"count(/t:top/t:np)", "1"},
		{"count(/t:top/t:p)", "0"},
		{"count(/t:top/t:c1a)", "0"}, // another case is chosen
		{"/t:top/t:sys[t:k='10']/t:v", "ten"},
		{"/t:top/t:sys[t:k='11']/t:v", ""},
		{"/t:top/t:sys[1]/t:v", "two"},
		{"/t:top/t:sys[last()]/t:k", "10"},
		{"sum(/t:top/t:sys/t:k)", "12"},
		{"local-name(/t:top/t:sys[2]/t:v/../preceding-sibling::t:sys)", "sys"},
	}
	for _, test := range tests {
		e, err := xpath.Parse(test.expr, func(p string) (string, error) { return p, nil })
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.StringValue(xpath.Context{Node: tree.NewCursor(data, tree.ConfigOnly)})
		if err != nil || got != test.want {
			t.Errorf("%s = %q, %v; want %q", test.expr, got, err, test.want)
		}
	}
}

const conditions = `module w {
  yang-version 1.1; namespace urn:w; prefix w;
  container top {
    leaf mode { type string; }
    leaf one { when "../w:*[local-name() = 'two']"; type string; default "1"; }
    leaf two { when "../w:*[local-name() = 'one']"; type string; default "2"; }
    leaf chained { when "../rich = 'yes'"; type string; default "c"; }
    leaf rich { when "../mode = 'x'"; type string; default "yes"; }
    leaf-list dl { type string; default "b"; default "a"; ordered-by user; }
    list u {
      key k;
      leaf k { type union { type uint8; type string; } }
      leaf v { type string; default "d"; }
    }
    leaf-list ul { type union { type int8; type string { length 1..3; } } }
    leaf target { type string; }
    leaf ref { type union { type leafref { path "../target"; } type leafref { path "../mode"; } type instance-identifier { require-instance false; } } }
    choice c {
      when "../w:mode = 'x'";
      container implied { leaf d { type string; default "dd"; } }
    }
  }
}`

func evaluate(t *testing.T, data *tree.Tree, expr string) string {
	t.Helper()
	e, err := xpath.Parse(expr, func(p string) (string, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.StringValue(xpath.Context{Node: tree.NewCursor(data, tree.ConfigOnly)})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestCursorConditions checks defaults under conditions, those that depend on
// themselves among them, and keys of which one text can mean two.
func TestCursorConditions(t *testing.T) {
	set := yangtest.Compile(t, []string{"w"}, conditions)
	plain := mustEdit(t, tree.New(set),
		yangtest.Op{Path: "/w:top/u[k='5']"}, yangtest.Op{Path: "/w:top/u[k='five']"}, yangtest.Op{Path: "/w:top/ul[.='7']"},
		yangtest.Op{Path: "/w:top/target", Value: "t"}, yangtest.Op{Path: "/w:top/ref", Value: "t"})
	x := mustEdit(t, plain, yangtest.Op{Path: "/w:top/mode", Value: "x"}, yangtest.Op{Path: "/w:top/ref", Value: "x"})
	tests := []struct {
		data       *tree.Tree
		expr, want string
	}{
		{plain, "count(/w:top/w:one | /w:top/w:two)", "0"},
		{plain, "count(/w:top/w:rich | /w:top/w:chained)", "0"},
		{x, "/w:top/w:chained", "c"},
		{plain, "count(/w:top/w:dl)", "2"},
		{plain, "count(/w:top/w:dl | /w:top/w:dl)", "2"},
		{plain, "string(/w:top/w:dl[1])", "b"},
		{plain, "count(/w:top/w:dl[. = 'a'])", "1"},
		{plain, "/w:top/w:u[w:k = '5']/w:v", "d"},
		{plain, "/w:top/w:u[w:k = 'five']/w:v", "d"},
		{plain, "count(/w:top/w:ul[. = '7'])", "1"},
		{plain, "local-name(deref(/w:top/w:ref))", "target"},
		{x, "local-name(deref(/w:top/w:ref))", "mode"},
		{plain, "count(/w:top/w:implied)", "0"},
		{x, "/w:top/w:implied/w:d", ""}, // no case is the default
	}
	for _, test := range tests {
		if got := evaluate(t, test.data, test.expr); got != test.want {
			t.Errorf("%s = %q, want %q", test.expr, got, test.want)
		}
	}
}

// TestReach checks which nodes of the accessible tree a path finds.
func TestReach(t *testing.T) {
	set := compile(t)
	data := mustEdit(t, tree.New(set), yangtest.Op{Path: "/t:top/c2a", Value: "x"}, yangtest.Op{Path: "/t:top/sys[k='1']"})
	root := tree.NewCursor(data, tree.ConfigOnly)
	for path, want := range map[string]string{
		"/t:top/a": "dflt", "/t:top/np/y": "yy", "/t:top/np": "yy", "/t:top/c2a": "x", "/t:top/sys[k='1']/k": "1",
		"/t:top/c1a": "none", "/t:top/p": "none", "/t:top/np/x": "none", "/t:top/sys[k='2']": "none", "/t:top/ll[.='x']": "none",
	} {
		got := "none"
		if c := root.Reach(yangtest.Path(t, set, path)); c != nil {
			got = c.Value()
			if p := c.Path().String(); p != path {
				t.Errorf("%s is at %s", path, p)
			}
		}
		if got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

// TestSameNodeInTwoPlaces checks that nodes are told apart by place.
func TestSameNodeInTwoPlaces(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	e := tree.New(set).Edit()
	from := yangtest.Path(t, set, "/z:top/sys[k='1']/in/v")
	if err := e.SetLeaf(from, from.Schema().Type.Unchecked("x")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"/z:top/sys[k='2']", "/z:top/sys[k='3']"} {
		if err := e.Merge(yangtest.Path(t, set, p), e.Find(from[:3])); err != nil {
			t.Fatal(err)
		}
	}
	if got := evaluate(t, e.Tree(), "count(/z:top/z:sys/z:in/z:v | //z:v)"); got != "3" {
		t.Errorf("%s leafs, want 3", got)
	}
}
