package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unsafePlaces are where unsafe, assembly and raw system calls may be; the last is
// for what attacks the others.
var unsafePlaces = []string{"enforcement/mpk", "sdk", "bpf", "testdata/redteam"}

// rawCall matches the functions that make a system call by its number.
var rawCall = regexp.MustCompile(`^(Raw)?(V?Syscall|VforkSyscall)[0-9]*(NoError)?$`)

func TestUnsafeStaysInItsPlace(t *testing.T) {
	for _, p := range packages(t) {
		if slices.ContainsFunc(unsafePlaces, func(place string) bool { return within(p.name(), place) }) {
			continue
		}
		for _, file := range slices.Concat(p.SFiles, p.CFiles, p.CgoFiles, p.SysoFiles) {
			t.Errorf("%s has %s: assembly, C and cgo belong into %s", p.name(), file, strings.Join(unsafePlaces, ", "))
		}
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			source, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range unsafeUses(t, file, source) {
				t.Errorf("%s: %s: that belongs into %s", p.name(), found, strings.Join(unsafePlaces, ", "))
			}
		}
	}
}

// unsafeUses returns the uses of unsafe, linkname and raw system calls in a file.
func unsafeUses(t *testing.T, name string, source []byte) (found []string) {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	say := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%v: %s", positions.Position(n.Pos()), what))
	}
	for _, spec := range file.Imports {
		if path := strings.Trim(spec.Path.Value, `"`); path == "unsafe" || path == "C" {
			say(spec, "imports "+path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Comment:
			if strings.HasPrefix(n.Text, "//go:linkname") {
				say(n, "linkname")
			}
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && (of.Name == "unix" || of.Name == "syscall") && rawCall.MatchString(n.Sel.Name) {
				say(n, "calls "+of.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestUnsafeUsesAreFound(t *testing.T) {
	const source = `package x

import (
	"syscall"
	_ "unsafe"
)

//go:linkname a b
func a() {
	syscall.Syscall(1, 2, 3, 4)
	unix.RawSyscall6(1, 2, 3, 4, 5, 6, 7)
	unix.SyscallNoError(1)
	unix.Mmap(0, 0, 0, 0, 0)
	f.SyscallConn()
	syscall.SyscallConn()
}
`
	found := unsafeUses(t, "x.go", []byte(source))
	if len(found) != 5 {
		t.Errorf("found %q", found)
	}
}
