package command

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// runLocal runs a command line that asks no appliance.
func runLocal(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), args, Environment{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" },
	})
	return out.String(), err.String(), code
}

func TestYANGTranscripts(t *testing.T) { testLocally(t, "testdata/yang/*.txtar") }

// testLocally runs the command line that each transcript begins with, the first
// line that is no comment, in a folder with the files of the transcript. The file
// called stdin is the standard input.
func testLocally(t *testing.T, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts %v, %v", files, err)
	}
	for _, file := range files {
		file, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			stdin := unpack(t, archive)
			var args []string
			for line := range strings.Lines(string(archive.Comment)) {
				if words := words(line); len(words) > 0 && words[0] == "waveguard" {
					args = words[1:]
				}
			}
			stdout, stderr, code := runLocal(t, stdin, args...)
			compareTranscript(t, file, archive, map[string]string{
				"stdout": stdout, "stderr": stderr, "exit": fmt.Sprintln(code),
			})
		})
	}
}

// unpack writes the files of a transcript into a new folder, which becomes the
// current one, and returns the standard input. A file NAME.hex is that of NAME in
// hexadecimal.
func unpack(t *testing.T, archive *txtar.Archive) (stdin string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		if f.Name == "stdin" {
			stdin = string(f.Data)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o700); err != nil {
			t.Fatal(err)
		}
		name, data := f.Name, f.Data
		if binary, ok := strings.CutSuffix(name, ".hex"); ok {
			name, data = binary, fromHex(t, data)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return stdin
}

func fromHex(t *testing.T, digits []byte) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(digits)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// words splits a line as a shell does, quotes included.
func words(line string) []string {
	var out []string
	word, started, quote := "", false, rune(0)
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, started = r, true
		case quote == 0 && r == ' ':
			if started {
				out = append(out, word)
			}
			word, started = "", false
		default:
			word, started = word+string(r), true
		}
	}
	return out
}

// TestYANGExamples runs the examples of the help as a user of a fresh checkout
// does. Those that need a shell for more than quotes are left out.
func TestYANGExamples(t *testing.T) {
	t.Chdir("../../../..")
	ran := 0
	var all func(*command)
	all = func(c *command) {
		for _, example := range c.examples {
			if strings.ContainsAny(example, "|") {
				continue
			}
			ran++
			if stdout, stderr, code := runLocal(t, "", words(example)[1:]...); code != exitDone || stdout == "" {
				t.Errorf("%s: exit status %d\n%s%s", example, code, stdout, stderr)
			}
		}
		for _, sub := range c.commands {
			all(sub)
		}
	}
	all(table().find("yang"))
	if ran < 10 {
		t.Errorf("%d examples ran", ran)
	}
}
