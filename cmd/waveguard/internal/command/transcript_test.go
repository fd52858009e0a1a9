package command

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/gnmitest"
)

var rewrite = flag.Bool("update", false, "rewrite the transcripts with what the command says now")

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// target is an appliance for commands to be run against.
type target struct{ address, data string }

func startTarget(t *testing.T, server *gnmitest.Server) target {
	t.Helper()
	address, data := server.Start(t)
	return target{address, data}
}

// run runs a command line and returns what it said, with names in the place
// of what differs from run to run.
func (g target) run(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	code = Run(ctx, append([]string{"--address", g.address, "--data", g.data}, args...),
		Environment{Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" }})
	return g.anonymous(out.String()), g.anonymous(err.String()), code
}

func (g target) anonymous(s string) string {
	return strings.NewReplacer(g.address, "ADDRESS", g.data, "DATA").Replace(s)
}

// TestTranscripts runs the command line that each transcript begins with, the
// first line that is no comment, against gnmitest.Sample. A comment
// "# refusal: NUMBER" makes the appliance refuse with a gRPC code.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			server := &gnmitest.Server{Data: gnmitest.Sample(), Models: []string{"openconfig-system", "mpk-security", "acme-inventory"}}
			var args []string
			for line := range strings.Lines(string(archive.Comment)) {
				line = strings.TrimSpace(line)
				var code int
				if n, _ := fmt.Sscanf(line, "# refusal: %d", &code); n == 1 {
					server.Refusal = status.Error(codes.Code(code), "because")
				}
				if words := strings.Fields(line); len(words) > 0 && words[0] == "waveguard" {
					args = words[1:]
				}
			}
			stdout, stderr, code := startTarget(t, server).run(t.Context(), args...)
			compareTranscript(t, file, archive, map[string]string{
				"stdout": stdout, "stderr": stderr, "exit": fmt.Sprintln(code),
			})
		})
	}
}

func compareTranscript(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	outputs := []string{"stdout", "stderr", "exit"}
	isInput := func(f txtar.File) bool { return !slices.Contains(outputs, f.Name) }
	if *rewrite {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return !isInput(f) })
		for _, name := range outputs {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	parts := slices.DeleteFunc(slices.Clone(archive.Files), isInput)
	if len(parts) != len(got) {
		t.Errorf("%s has %d parts, want %d; run the test with -update", file, len(parts), len(got))
	}
	for _, part := range parts {
		if want := string(part.Data); got[part.Name] != want {
			t.Errorf("%s is\n%s\nwant\n%s", part.Name, got[part.Name], want)
		}
	}
}
