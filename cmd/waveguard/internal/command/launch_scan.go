package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// programFindings are what is known of the code of a program before it runs: of
// its file; of a script, the interpreter's.
type programFindings struct {
	scripts []string       // that lead to an interpreter, the program first
	reports []*scan.Report // of the files that are executed then
	problem error          // why a file could not be scanned
}

// maxScripts is how many scripts may follow one another; the kernel allows fewer
// (execve(2)).
const maxScripts = 6

func examineProgram(ctx context.Context, path string) *programFindings {
	p := &programFindings{}
	for range maxScripts {
		next, err := p.examine(ctx, path)
		if err != nil || next == "" {
			p.problem = err
			return p
		}
		path = next
	}
	p.problem = fmt.Errorf("%s: its interpreter is a script, whose interpreter is one, and so on", path)
	return p
}

// examine scans a file, and returns which one will be executed after it.
func (p *programFindings) examine(ctx context.Context, path string) (next string, err error) {
	interpreter, arg, err := interpreterOf(path)
	if err != nil {
		return "", err
	}
	if interpreter == "" {
		r, err := scan.File(ctx, path)
		if err == nil {
			p.reports = append(p.reports, r)
		}
		return "", err
	}
	p.scripts = append(p.scripts, path)
	arg = strings.TrimPrefix(arg, "-S ") // env(1): it splits what follows
	if filepath.Base(interpreter) != "env" || arg == "" || strings.HasPrefix(arg, "-") || strings.Contains(arg, "=") {
		return interpreter, nil
	}
	arg = strings.Fields(arg)[0]
	r, err := scan.File(ctx, interpreter)
	if err != nil {
		return "", err
	}
	p.reports = append(p.reports, r)
	if next, err = exec.LookPath(arg); err != nil {
		return "", fmt.Errorf("%s asks for an interpreter that is not there: %w", path, err)
	}
	return next, nil
}

// interpreterOf returns the interpreter of a script, and the first argument that the
// script gives it (execve(2)); "" if the file is none.
func interpreterOf(path string) (interpreter, arg string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	const most = 256 // bytes that the kernel reads
	head := make([]byte, most)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", "", fmt.Errorf("read %s: %w", path, err)
	}
	line, is := bytes.CutPrefix(head[:n], []byte("#!"))
	if !is {
		return "", "", nil
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) == 0 {
		return "", "", fmt.Errorf("%s begins like a script and names no interpreter", path)
	}
	return words[0], strings.Join(words[1:], " "), nil
}

func (p *programFindings) hasGate() bool {
	return slices.ContainsFunc(p.reports, hasGate)
}

func hasGate(r *scan.Report) bool {
	return slices.ContainsFunc(r.Hits, func(h scan.Hit) bool { return h.Class == scan.Gate })
}

// String says what was found.
func (p *programFindings) String() string {
	var said []string
	for _, script := range p.scripts {
		said = append(said, script+" is a script, and what it does depends on its interpreter")
	}
	for _, r := range p.reports {
		said = append(said, scanned(r))
	}
	if p.problem != nil {
		said = append(said, fmt.Sprintf("nothing is known of what will run: %v", p.problem))
	}
	return strings.Join(said, "; ")
}

// scanned says what the scan of a file found.
func scanned(r *scan.Report) string {
	found := r.Name + " has no instruction that opens walls"
	switch {
	case r.Refused(scan.Gate) > 0:
		found = fmt.Sprintf("%s has %d instructions that open walls, besides any gate (\"waveguard scan --explain %s\" shows them)", r.Name, r.Refused(scan.Gate), r.Name)
	case hasGate(r):
		found = r.Name + " opens walls through the gate of the SDK alone"
	}
	return strings.Join(append([]string{found}, r.Notes...), "; ")
}
