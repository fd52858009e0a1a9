// Package header compares what Go code knows of the memory that a C header of the SDK lays out.
package header

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Layout pairs C expressions of a header with the numbers that Go uses.
type Layout struct {
	Include string // the folder that has waveguard/
	Name    string // of the header, such as page.h
	Numbers map[string]uint64
}

// Compare compiles and runs a program that prints all expressions, and has C++ read the header
// as well.
func (l *Layout) Compare(t *testing.T) {
	gcc := compiler(t)
	for language, flags := range map[string][]string{
		"c":   {"-x", "c", "-std=c11"},
		"c++": {"-x", "c++", "-std=c++17", "-fsyntax-only"},
	} {
		t.Run(language, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "layout")
			args := append(flags, "-Wall", "-Wextra", "-Werror", "-I"+l.Include, "-o", program, "-")
			compile := exec.Command(gcc, args...)
			compile.Stdin = strings.NewReader(l.program())
			if out, err := compile.CombinedOutput(); err != nil {
				if language == "c++" && strings.Contains(string(out), "cc1plus") && os.Getenv("CI") == "" {
					t.Skip("no C++ compiler: apt-get install g++")
				}
				t.Fatalf("compile %s: %v\n%s", l.Name, err, out)
			}
			if language == "c" {
				l.compare(t, program)
			}
		})
	}
}

func compiler(t *testing.T) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("no compiler in the virtual machine; runs on the host")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("no gcc: apt-get install gcc libc6-dev")
	}
	if err != nil {
		t.Skip("no gcc: apt-get install gcc libc6-dev")
	}
	return gcc
}

func (l *Layout) program() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#include <stdio.h>\n#include <waveguard/%s>\nint main(void) {\n", l.Name)
	for expression := range l.Numbers {
		fmt.Fprintf(&b, "printf(\"%%s=%%llu\\n\", %q, (unsigned long long)(%s));\n", expression, expression)
	}
	b.WriteString("return 0;\n}\n")
	return b.String()
}

func (l *Layout) compare(t *testing.T, program string) {
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(l.Numbers) {
		t.Fatalf("program printed %d lines, want %d", len(lines), len(l.Numbers))
	}
	for _, line := range lines {
		expression, got, _ := strings.Cut(line, "=")
		if want := fmt.Sprint(l.Numbers[expression]); got != want {
			t.Errorf("%s is %s in C, %s in Go", expression, got, want)
		}
	}
}

// AllCompared finds fields and constants of the header that the layout does not know. Those that
// mean nothing are named reserved or pad.
func (l *Layout) AllCompared(t *testing.T) {
	compiler(t) // the header is where the compiler is
	text, err := os.ReadFile(filepath.Join(l.Include, "waveguard", l.Name))
	if err != nil {
		t.Fatal(err)
	}
	program, structure := l.program(), ""
	for line := range strings.Lines(string(text)) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n;[(", r) })
		switch {
		case len(words) >= 2 && words[0] == "struct":
			structure = words[1]
		case strings.HasPrefix(line, "}"):
			structure = ""
		case structure != "" && strings.Contains(line, ";"):
			expression := fmt.Sprintf("offsetof(struct %s, %s)", structure, words[1])
			if _, known := l.Numbers[expression]; !known && !strings.HasPrefix(words[1], "reserved") && !strings.HasPrefix(words[1], "pad") {
				t.Errorf("%s is not compared", expression)
			}
		case len(words) >= 3 && words[0] == "#define" && strings.HasPrefix(words[1], "WG_"):
			if !strings.Contains(program, words[1]) && words[1] != "WG_STATIC_ASSERT" {
				t.Errorf("%s is not compared", words[1])
			}
		}
	}
}
