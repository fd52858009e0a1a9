package xpath_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// garden returns the tree of testdata, which has a leaf of every type that the
// YANG functions look at.
func garden(t testing.TB) *tree.Tree {
	t.Helper()
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{Implement: []string{"garden"}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("testdata/garden.xml")
	if err != nil {
		t.Fatal(err)
	}
	data, err := xml.Decode(set, doc, xml.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func prefixes(prefix string) (string, error) {
	if prefix == "" || prefix == "g" || prefix == "garden" {
		return "garden", nil
	}
	return "", fmt.Errorf("prefix %q is not known", prefix)
}

// TestAgainstLibxml evaluates random XPath 1.0 expressions here and with
// libxml2, over what the engine says is in the tree.
func TestAgainstLibxml(t *testing.T) {
	tool := peer.Xmllint(t)
	root := tree.NewCursor(garden(t), tree.ConfigOnly)
	r := rand.New(rand.NewPCG(1, 2))
	const count = 2000
	var commands []string
	for len(commands) < count {
		e := look(r)
		expr, err := xpath.Parse(e, prefixes)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		text, err := expr.StringValue(xpath.Context{Node: root})
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		if command := fmt.Sprintf("xpath string(%s) = %q", e, text); len(command) <= longest {
			commands = append(commands, command)
		}
	}
	for i, verdict := range libxml(t, tool, plain(root), commands) {
		if verdict != "Object is a Boolean : true" {
			t.Errorf("libxml2 says otherwise (%s): %s", verdict, commands[i])
		}
	}
}

// longest is the longest line in bytes that xmllint's shell reads.
const longest = 399

// libxml runs commands in xmllint's shell and returns what each prints.
func libxml(t *testing.T, tool, doc string, commands []string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "garden.xml")
	if err := os.WriteFile(file, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "--shell", file)
	cmd.Stdin = strings.NewReader("setns g=urn:example:garden\n" + strings.Join(commands, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, out)
	}
	answers := strings.Split(string(out), "/ > ")[2:]
	if len(answers) != len(commands)+1 {
		t.Fatalf("%d answers to %d commands", len(answers)-1, len(commands))
	}
	for i := range answers {
		answers[i] = strings.TrimSpace(answers[i])
	}
	return answers[:len(commands)]
}

// plain writes the accessible tree as XML without any white space, values in
// canonical form.
func plain(c *tree.Cursor) string {
	var b strings.Builder
	write(&b, c, ` xmlns="urn:example:garden"`)
	return b.String()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func write(b *strings.Builder, n xpath.Node, attributes string) {
	n.Children("", "", func(k xpath.Node) bool {
		_, local := k.Name()
		fmt.Fprintf(b, "<%s%s>", local, attributes)
		if k.Kind() == xpath.Leaf {
			b.WriteString(escape.Replace(k.Value()))
		} else {
			write(b, k, "")
		}
		fmt.Fprintf(b, "</%s>", local)
		return true
	})
}

func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// look writes an expression whose string says much about what was found.
func look(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return text(r, 3)
	case 1:
		return number(r, 3)
	case 2:
		return boolean(r, 3)
	}
	set := nodes(r, 3)
	return fmt.Sprintf("concat(count(%[1]s), ';', local-name((%[1]s)[1]), '=', (%[1]s)[1], ';', local-name((%[1]s)[3]), '=', (%[1]s)[3], ';', (%[1]s)[last()])", set)
}

func nodes(r *rand.Rand, depth int) string {
	switch r.IntN(8) {
	case 0:
		if depth > 0 {
			return fmt.Sprintf("(%s | %s)", nodes(r, depth-1), nodes(r, depth-1))
		}
	case 1:
		if depth > 0 {
			return fmt.Sprintf("(%s)[%s]", nodes(r, depth-1), predicate(r, depth-1))
		}
	case 2:
		if depth > 0 {
			return fmt.Sprintf("(%s)/%s", nodes(r, depth-1), step(r, depth-1))
		}
	}
	path := oneOf(r, "/g:garden/", "/g:garden/g:bed/", "//", "//g:row/", "", "")
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			path += oneOf(r, "/", "/", "/", "//")
		}
		path += step(r, depth)
	}
	return path
}

func step(r *rand.Rand, depth int) string {
	axis := oneOf(r, "", "", "", "", "child::", "parent::", "self::", "descendant::", "descendant-or-self::", "ancestor::",
		"ancestor-or-self::", "following-sibling::", "preceding-sibling::", "following::", "preceding::")
	if axis == "" && r.IntN(6) == 0 {
		return oneOf(r, ".", "..")
	}
	s := axis + oneOf(r, "g:bed", "g:row", "g:name", "g:number", "g:seed", "g:tag", "g:fence", "g:height", "g:depth", "g:size",
		"*", "*", "g:*", "node()", "node()", "text()", "g:none", "g:motto", "comment()", "processing-instruction()")
	for depth > 0 && r.IntN(3) == 0 {
		depth--
		s += "[" + predicate(r, depth) + "]"
	}
	return s
}

func predicate(r *rand.Rand, depth int) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprint(1 + r.IntN(3))
	case 1:
		return oneOf(r, "last()", "last() - 1", "position() mod 2 = 1", "position() > 1", "position() < last()", "count(*)",
			"last() - position()", "string-length(concat(position(), last()))")
	}
	return boolean(r, depth)
}

func boolean(r *rand.Rand, depth int) string {
	if depth <= 0 {
		return oneOf(r, "true()", "false()", "g:tag", "g:number", "*", ". = 'red'", "g:name = 'a'")
	}
	depth--
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", boolean(r, depth), oneOf(r, "and", "or"), boolean(r, depth))
	case 1:
		return fmt.Sprintf("not(%s)", anything(r, depth))
	case 2:
		return fmt.Sprintf("boolean(%s)", anything(r, depth))
	case 3:
		return fmt.Sprintf("%s(%s, %s)", oneOf(r, "contains", "starts-with"), text(r, depth), text(r, depth))
	}
	return fmt.Sprintf("(%s %s %s)", anything(r, depth), oneOf(r, "=", "!=", "<", "<=", ">", ">="), anything(r, depth))
}

func number(r *rand.Rand, depth int) string {
	if depth <= 0 {
		return oneOf(r, "0", "1", "2", "-1", "2.5", ".25", "3.", "100")
	}
	depth--
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", number(r, depth), oneOf(r, "+", "-", "*", "mod"), number(r, depth))
	case 1:
		return fmt.Sprintf("floor(%s div %s)", number(r, depth), number(r, depth))
	case 2:
		return fmt.Sprintf("%s(%s)", oneOf(r, "floor", "ceiling", "round"), number(r, depth))
	case 3:
		return fmt.Sprintf("string-length(%s)", text(r, depth))
	case 4:
		return fmt.Sprintf("sum(%s)", nodes(r, depth))
	case 5:
		return fmt.Sprintf("number(%s)", anything(r, depth))
	case 6:
		return "-" + number(r, depth)
	}
	return fmt.Sprintf("count(%s)", nodes(r, depth))
}

func text(r *rand.Rand, depth int) string {
	if depth <= 0 {
		return oneOf(r, "''", "'a'", "'red'", "'10'", "' 9 '", "'größer'", "g:name", ".", "string()", "local-name()", "namespace-uri()")
	}
	depth--
	switch r.IntN(9) {
	case 0:
		return fmt.Sprintf("concat(%s, %s)", anything(r, depth), anything(r, depth))
	case 1:
		return fmt.Sprintf("substring(%s, %s)", text(r, depth), number(r, depth))
	case 2:
		return fmt.Sprintf("substring(%s, %s, %s)", text(r, depth), number(r, depth), number(r, depth))
	case 3:
		return fmt.Sprintf("%s(%s, %s)", oneOf(r, "substring-before", "substring-after"), text(r, depth), text(r, depth))
	case 4:
		return fmt.Sprintf("normalize-space(%s)", text(r, depth))
	case 5:
		return fmt.Sprintf("translate(%s, %s, %s)", text(r, depth), text(r, depth), text(r, depth))
	case 6:
		return fmt.Sprintf("%s(%s)", oneOf(r, "local-name", "namespace-uri"), nodes(r, depth))
	}
	return fmt.Sprintf("string(%s)", anything(r, depth))
}

func anything(r *rand.Rand, depth int) string {
	switch r.IntN(5) {
	case 0:
		return text(r, depth)
	case 1:
		return number(r, depth)
	case 2:
		return boolean(r, depth)
	}
	return nodes(r, depth)
}
