package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
	"github.com/optical-net/waveguard/enforcement/scan"
)

func TestScanned(t *testing.T) {
	hits := func(classes ...scan.Class) *scan.Report {
		r := &scan.Report{Total: len(classes), Notes: []string{"a note"}}
		for _, c := range classes {
			r.Hits = append(r.Hits, scan.Hit{Class: c})
		}
		return r
	}
	for want, report := range map[string]*scan.Report{
		"no ELF file": nil,
		"no instruction that opens walls; a note": hits(scan.Proven),
		"the gate of the SDK alone; a note":       hits(scan.Gate),
		"has 2 instructions that open walls":      hits(scan.Gate, scan.Open, scan.Masked),
	} {
		if got := scanned("/bin/x", report); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// What is not started says why, and nothing of it runs.
func TestRunRefuses(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho ran\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--require-clean", "--", script}, {"--", "no-such-program"}} {
		var out, said bytes.Buffer
		status := Run(t.Context(), append([]string{"run", "--service", "x"}, args...), Environment{Stdout: &out, Stderr: &said, Getenv: os.Getenv})
		if status != launch.StatusNotConfined && status != launch.StatusNotFound || out.Len() > 0 || said.Len() == 0 {
			t.Errorf("%q: status %d, out %q, said %q", args, status, out.String(), said.String())
		}
	}
}
