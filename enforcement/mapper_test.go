package enforcement_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// mapperProgram is the path of the program in testdata/mapper, in which nothing but
// the gate opens walls.
var mapperProgram = sync.OnceValues(buildMapper)

// buildMapper links it in another order until no instruction comes about by chance.
func buildMapper() (string, error) {
	const most = 20
	folder, err := os.MkdirTemp("", "mapper")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "mapper")
	for order := 1; order <= most; order++ {
		build := exec.Command("go", "build", fmt.Sprintf("-ldflags=-s -w -randlayout=%d", order), "-o", path, "./testdata/mapper")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build testdata/mapper: %w: %s", err, said)
		}
		r, err := scan.File(context.Background(), path)
		if err != nil {
			return "", err
		}
		if r.Refused(scan.Gate) == 0 {
			return path, nil
		}
	}
	return "", errors.New("in no order of its functions testdata/mapper is clean")
}

// mapper is such a process.
type mapper struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// mapper starts a process that provides front when it is told to attach.
func (r *rig) mapper(t *testing.T) *mapper {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("no compiler in the virtual machine; runs on the host")
	}
	path, err := mapperProgram()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := &mapper{t: t, cmd: exec.Command(path, r.path, "front")}
	m.in, err = m.cmd.StdinPipe()
	out, err2 := m.cmd.StdoutPipe()
	if err := errors.Join(err, err2, m.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	m.out = bufio.NewReader(out)
	t.Cleanup(func() {
		_ = m.in.Close()
		if err := m.cmd.Wait(); err != nil {
			t.Errorf("the process: %v", err)
		}
	})
	return m
}

// say has the process do something, and returns what it answers.
func (m *mapper) say(words ...string) string {
	m.t.Helper()
	if _, err := fmt.Fprintln(m.in, strings.Join(words, " ")); err != nil {
		m.t.Fatal(err)
	}
	line, err := m.out.ReadString('\n')
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func (m *mapper) do(words ...string) {
	m.t.Helper()
	if got := m.say(words...); got != "done" {
		m.t.Fatalf("%v: %s", words, got)
	}
}

// codeFile makes a file of two pages of NOPs with bytes at an offset.
func codeFile(t *testing.T, code string, at int) string {
	t.Helper()
	const pages = 2 * 4096
	content := bytes.Repeat([]byte{0x90}, pages)
	copy(content[at:], code)
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
