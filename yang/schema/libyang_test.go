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

// What libyang accepts although RFC 7950 forbids it: it looks at a typedef only
// when it is used, and allows an action below a list without key. The depth of
// statements is our own limit.
var libyangAccepts = []string{
	"typedef circle", "typedef default out of type", "action below a list without key", "deep nesting",
}

// What is refused here, libyang refuses too.
func TestRefuseLikeLibyang(t *testing.T) {
	tool := lintTool(t)
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"-p", dir}
			for name, f := range sources(tc.texts...).(fstest.MapFS) {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(string(f.Data), "submodule") {
					args = append(args, path)
				}
			}
			accepted := exec.Command(tool, args...).Run() == nil
			if accepted != slices.Contains(libyangAccepts, tc.name) {
				t.Errorf("libyang accepts it: %v", accepted)
			}
		})
	}
}

// The nodes of every published module are those that libyang finds: same
// place, kind, config, keys, and whether they are mandatory.
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

var treeLine = regexp.MustCompile(`^([ |]*)[+xo]--(.*)$`)

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
		name, attributes := readTreeNode(m[2])
		path = append(path[:min(depth, len(path))], name)
		out[module] = append(out[module], strings.Join(path, "/")+" "+attributes)
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
	out = append(out, path+" "+treeAttributes(n))
	for _, c := range n.Children {
		out = appendTree(out, path, c, m)
	}
	return out
}

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
