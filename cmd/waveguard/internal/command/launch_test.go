package command

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
	"github.com/optical-net/waveguard/enforcement/scan"
)

func TestScanned(t *testing.T) {
	hits := func(classes ...scan.Class) *scan.Report {
		r := &scan.Report{Name: "/bin/x", Total: len(classes), Notes: []string{"a note"}}
		for _, c := range classes {
			r.Hits = append(r.Hits, scan.Hit{Class: c})
		}
		return r
	}
	for want, report := range map[string]*scan.Report{
		"/bin/x has no instruction that opens walls; a note": hits(scan.Proven),
		"the gate of the SDK alone; a note":                  hits(scan.Gate),
		"has 2 instructions that open walls":                 hits(scan.Gate, scan.Open, scan.Masked),
	} {
		if got := scanned(report); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// TestExamineProgram: what cannot be scanned is said, and of a script its
// interpreter is.
func TestExamineProgram(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(self)+":"+os.Getenv("PATH"))
	loop := filepath.Join(folder, "loop")
	for path, want := range map[string]string{
		self: self + " ",
		write("script", "#!"+self+" -x\n", 0o700):                             "script is a script, and what it does depends on its interpreter; " + self + " ",
		write("by-env", "#!/usr/bin/env "+filepath.Base(self)+"\n", 0o700):    "/usr/bin/env has no instruction that opens walls",
		write("nobody", "#!/usr/bin/env no-such-program\n", 0o700):            "nothing is known of what will run",
		write("nowhere", "#!/no/such/interpreter\n", 0o700):                   "open /no/such/interpreter: no such file or directory",
		write("blank", "#!\n", 0o700):                                         "names no interpreter",
		write("loop", "#!"+loop+"\n", 0o700):                                  "whose interpreter is one, and so on",
		write("text", "hello", 0o700):                                         "no ELF file for x86",
		write("empty", "", 0o700):                                             "no ELF file for x86",
		write("cut", "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 20), 0o700): "damaged ELF file",
		filepath.Join(folder, "none"):                                         "no such file or directory",
		folder:                                                                "is a directory",
	} {
		if got := examineProgram(t.Context(), path).String(); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", path, got, want)
		}
	}
}

// What is not started says why, and nothing of it runs.
func TestRunRefuses(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--require-clean", "--", script}, {"--", "no-such-program"}, {"--", t.TempDir()}} {
		var out, said bytes.Buffer
		status := Run(t.Context(), append([]string{"run", "--service", "x"}, args...), Environment{Stdout: &out, Stderr: &said, Getenv: os.Getenv})
		if status != launch.StatusNotConfined && status != launch.StatusNotFound && status != launch.StatusNotExecutable || out.Len() > 0 || said.Len() == 0 {
			t.Errorf("%q: status %d, out %q, said %q", args, status, out.String(), said.String())
		}
	}
}

// TestRunShowsNoSequences: the first line of a script, which whoever wrote it chose, does
// nothing to the terminal.
func TestRunShowsNoSequences(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no\x1b[2J\x07\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	teller(&said, "x")("scan: %v", examineProgram(t.Context(), script))
	Run(t.Context(), []string{"run", "--service", "x", "--require-clean", "--", script}, Environment{Stdout: io.Discard, Stderr: &said, Getenv: os.Getenv})
	if strings.ContainsAny(said.String(), "\x1b\x07") || strings.Count(said.String(), "[2J") != 2 {
		t.Errorf("said %q", said.String())
	}
}
