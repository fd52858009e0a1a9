package schema

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// lintTool returns the path of yanglint, or skips the test.
func lintTool(t *testing.T) string {
	t.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	return tool
}

// yanglint returns the trees that libyang prints for the modules (RFC 8340).
func yanglint(t *testing.T, dir string, files []string) string {
	t.Helper()
	args := []string{"-p", filepath.Join(dir, "ietf"), "-p", filepath.Join(dir, "openroadm-7.1"), "-f", "tree"}
	cmd := exec.Command(lintTool(t), append(args, files...)...)
	out, err := cmd.Output()
	if err != nil && strings.Contains(err.Error(), "segmentation fault") {
		t.Skipf("yanglint crashes while printing %v", files)
	}
	if err != nil {
		t.Fatalf("yanglint %v: %v", files, err)
	}
	return string(out)
}

// libyangAccepts is what libyang accepts although RFC 7950 forbids it, by the name
// of the refusal. The depth of statements is our own limit.
var libyangAccepts = map[string]string{
	"deep nesting":                                      "our own limit",
	"typedef circle":                                    "libyang looks at a typedef only when it is used",
	"typedef default out of type":                       "libyang looks at a typedef only when it is used",
	"inherited typedef default out of restriction":      "section 7.3.4: the derived type has to give another default",
	"unused grouping with a bad typedef":                "libyang looks at a typedef only when it is used",
	"unused grouping with a bad default":                "section 7.6.4 knows no exception",
	"end of comment in an unquoted string":              `section 6.1.3 counts "*/" among the comment sequences`,
	"empty in a union in YANG 1":                        "RFC 6020 section 9.12 forbids it",
	"leafref in a union in YANG 1":                      "RFC 6020 section 9.12 forbids it",
	"path of a derived type":                            "section 9.9: only require-instance restricts a leafref",
	"empty with default":                                "section 9.11; libyang refuses it in a typedef only",
	"grouping with an action at the top":                "section 7.15 forbids it",
	"action below a list without key":                   "section 7.15 forbids it",
	"notification below a list without key":             "section 7.16 forbids it",
	"augment of a list with a mandatory leaf in YANG 1": "RFC 6020 section 7.15 knows no exception for when",
	"deviate not-supported with another":                "section 14: not-supported stands alone",
	"deviate the default case away":                     "section 7.20.3: what deviations leave has to be valid",
	"submodule of another yang-version":                 "section 12 forbids it",
	"extension twice":                                   "section 6.2.1: names of extensions are distinct",
	"extension takes no argument":                       "section 7.19.2: without argument statement there is none",
	"extension inside an extension":                     "section 14, unknown-statement: what is inside is a statement too",
	"current base deprecated":                           "section 7.21.2 speaks of all definitions",
	"current feature deprecated":                        "section 7.21.2 speaks of all definitions",
	"current extension deprecated":                      "section 7.21.2 speaks of all definitions",
	"key with if-feature":                               "section 7.8.2 forbids it",
	"disabled leaf with a bad default":                  "section 7.6.4 knows no exception",
	"namespace empty":                                   "section 7.1.3: it is a URI",
	"namespace with a space":                            "section 7.1.3: it is a URI",
	"leafrefs in unions to each other":                  "section 9.9: the type would be defined by itself",
	"default enum with if-feature":                      "section 7.6.4: the default's definition has none",
	"default bit with if-feature":                       "section 7.6.4: the default's definition has none",
	"default identity with if-feature":                  "section 7.6.4: the default's definition has none",
	"typedef default with if-feature":                   "section 7.3.4: the default's definition has none",
	"list without nodes":                                "section 14, list-stmt: there is at least one",
}

// libyangRefuses is what libyang refuses although RFC 7950 allows it, by the name of the acceptance.
var libyangRefuses = map[string]string{
	"comment between appended strings":                   "section 6.1.1: a comment may stand wherever white space may",
	"other escapes in YANG 1":                            "RFC 6020 does not forbid them, RFC 7950 section 1.1 says it changed that",
	"quotes in unquoted strings of YANG 1":               "RFC 6020 does not forbid them, RFC 7950 section 1.1 says it changed that",
	"range across adjacent parts":                        "section 9.2.4: 2..5 is within 1..3 | 4..6",
	"pattern with subtraction":                           "libyang's expressions are not those of XML Schema",
	"pattern with name escapes":                          "libyang's expressions are not those of XML Schema",
	"refine of an action and a notification":             "yanglint crashes",
	"submodule with identities, features and extensions": "libyang does not find extensions in submodules",
	"key with the own prefix":                            "section 14, key-arg: keys are node identifiers",
}

// lintSources has yanglint print the trees of the modules that sources makes. The
// last ones go first: libyang turns on a module's features and identities when
// it is named, not when another imports it.
func lintSources(t *testing.T, texts []string) (printed string, err error) {
	t.Helper()
	tool, dir := lintTool(t), t.TempDir()
	var files []string
	for name, f := range sources(texts...).(fstest.MapFS) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(f.Data), "submodule") {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	slices.Reverse(files)
	out, err := exec.Command(tool, append([]string{"-p", dir, "-f", "tree"}, files...)...).Output()
	return string(out), err
}

// What is refused here, libyang refuses too.
func TestRefuseLikeLibyang(t *testing.T) {
	for _, tc := range allRefusals {
		t.Run(tc.name, func(t *testing.T) {
			_, err := lintSources(t, tc.texts)
			if reason, known := libyangAccepts[tc.name]; known != (err == nil) {
				t.Errorf("libyang says %v, known is %q", err, reason)
			}
		})
	}
}

// What is accepted here, libyang accepts too, and makes the same tree of it.
func TestAcceptLikeLibyang(t *testing.T) {
	for _, tc := range acceptances {
		t.Run(tc.name, func(t *testing.T) {
			printed, err := lintSources(t, tc.texts)
			if reason, known := libyangRefuses[tc.name]; known != (err != nil) {
				t.Errorf("libyang says %v, known is %q", err, reason)
			}
			if err == nil {
				compareTrees(t, compileOK(t, tc.texts...), printed)
			}
		})
	}
}

// The nodes of every published module are those that libyang finds: same
// place, kind, config, status, keys, and whether they are mandatory.
func TestTreesEqualLibyang(t *testing.T) {
	dir := publishedYang(t)
	t.Run("openroadm", func(t *testing.T) {
		modules := openroadm(t, dir)
		var files []string
		for _, m := range modules {
			files = append(files, filepath.Join(dir, "openroadm-7.1", m+".yang"))
		}
		set, err := Compile(publishedSources(dir, "openroadm-7.1"), Options{Implement: modules})
		if err != nil {
			t.Fatal(err)
		}
		compareTrees(t, set, yanglint(t, dir, files))
	})
	files, _ := filepath.Glob(filepath.Join(dir, "ietf", "*.yang"))
	for _, f := range files {
		module := strings.TrimSuffix(filepath.Base(f), ".yang")
		t.Run(module, func(t *testing.T) {
			name, _, _ := strings.Cut(module, "@")
			if name == "ietf-tls-server" {
				t.Skip("libyang refuses it with the features it turns on")
			}
			opt := Options{Implement: []string{module}, Features: func(m, _ string) bool { return m == name || m == "ietf-netconf" }}
			set, err := Compile(publishedSources(dir, "ietf"), opt)
			if err != nil {
				t.Fatal(err)
			}
			compareTrees(t, set, yanglint(t, dir, []string{f}))
		})
	}
}

func compareTrees(t *testing.T, set *Set, printed string) {
	t.Helper()
	for module, want := range readTrees(printed) {
		m := set.Module(module)
		if m == nil {
			t.Errorf("module %s is missing", module)
			continue
		}
		var got []string
		for _, n := range set.Root.Children {
			if n.Module == m {
				got = appendTree(got, "", n, m)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: libyang has %s", module, line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s: libyang lacks %s", module, line)
			}
		}
	}
}

var treeLine = regexp.MustCompile(`^([ |]*)([+xo])--(.*)$`)

// readTrees takes the nodes of each module out of what libyang printed, without
// augments: these are part of the other modules' trees.
func readTrees(printed string) map[string][]string {
	out := map[string][]string{}
	var module string
	var path []string
	augment := false
	for line := range strings.Lines(printed) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "module: "); ok {
			module, augment = name, false
			out[module] = nil
			continue
		}
		m := treeLine.FindStringSubmatch(line)
		if m == nil {
			if strings.TrimSpace(line) != "" {
				augment = !strings.HasSuffix(line, "rpcs:") && !strings.HasSuffix(line, "notifications:")
			}
			continue
		}
		if augment {
			continue
		}
		depth := (len(m[1]) - 2) / 3
		name, attributes := readTreeNode(m[3])
		path = append(path[:min(depth, len(path))], name)
		out[module] = append(out[module], strings.Join(path, "/")+" "+m[2]+attributes)
	}
	return out
}

// readTreeNode splits what follows the dashes into the name and its flags, mark and keys.
func readTreeNode(text string) (name, attributes string) {
	if c, ok := strings.CutPrefix(text, ":("); ok {
		name, _, _ = strings.Cut(c, ")")
		return name, "case"
	}
	flags, rest := text[:2], text[3:]
	flags = strings.Replace(flags, "mp", "rw", 1) // a mount point (RFC 8528)
	name, rest, _ = strings.Cut(rest, " ")
	bare := strings.TrimRight(name, "?!*")
	mark := name[len(bare):]
	keys := ""
	if strings.HasPrefix(rest, "[") {
		keys = rest[:strings.Index(rest, "]")+1]
	}
	if strings.HasPrefix(bare, "(") {
		bare, mark = strings.Trim(bare, "()"), "choice"+mark
	}
	return bare, flags + mark + keys
}

// appendTree writes the nodes as readTrees does.
func appendTree(out []string, parent string, n *Node, m *Module) []string {
	name := n.Name
	if n.Module != m {
		name = n.Module.Prefix + ":" + name
	}
	path := strings.TrimPrefix(parent+"/"+name, "/")
	if (n.Kind == Input || n.Kind == Output) && len(n.Children) == 0 {
		return out
	}
	out = append(out, path+" "+statusMarks[n.Status]+treeAttributes(n))
	for _, c := range n.Children {
		out = appendTree(out, path, c, m)
	}
	return out
}

// statusMarks are those of RFC 8340.
var statusMarks = map[Status]string{Current: "+", Deprecated: "x", Obsolete: "o"}

func treeAttributes(n *Node) string {
	optional := ""
	if !n.Mandatory && !n.IsKey() {
		optional = "?"
	}
	switch n.Kind {
	case Case:
		return "case"
	case Choice:
		return treeFlags(n) + "choice" + optional
	case Leaf, AnyData, AnyXML:
		return treeFlags(n) + optional
	case LeafList:
		return treeFlags(n) + "*"
	case List:
		keys := ""
		if len(n.Keys) > 0 {
			keys = "[" + names(n.Keys) + "]"
		}
		return treeFlags(n) + "*" + keys
	case Container:
		if n.Presence {
			return treeFlags(n) + "!"
		}
	}
	return treeFlags(n)
}

func treeFlags(n *Node) string {
	for up := n; up != nil; up = up.Parent {
		switch {
		case up.Kind == RPC || up.Kind == Action:
			return "-x"
		case up.Kind == Notification && up == n:
			return "-n"
		case up.Kind == Notification:
			return "--"
		case up.Kind == Input:
			return "-w"
		case up.Kind == Output:
			return "ro"
		}
	}
	if n.Config {
		return "rw"
	}
	return "ro"
}
