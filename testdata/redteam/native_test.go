//go:build linux && amd64

package redteam_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/testdata/redteam"
)

// worked is what programs print when an attack did.
const worked = "it worked"

var backends = map[mpk.Kind]string{mpk.KindNone: "none", mpk.KindPKU: "pku"}

// TestNativeVerdicts has a service of libwaveguard take every way to another's memory.
func TestNativeVerdicts(t *testing.T) {
	needKeys(t)
	t.Parallel()
	d := startDaemon(t, "OFF")
	var all []verdict
	for _, w := range natives {
		all = append(all, w.judge(t, defences, d.try))
	}
	compare(t, "native.json", all)
}

// TestDetection has the ways that a monitor sees be seen by it, while the program that took one lives on.
func TestDetection(t *testing.T) {
	needKeys(t)
	d := startDaemon(t, "REPORT")
	for _, w := range natives {
		if w.seenBy != "" {
			t.Run(w.name, func(t *testing.T) { d.detect(t, w) })
		}
	}
}

func (d *daemon) detect(t *testing.T, w way) {
	behind := defence{walls: mpk.KindPKU, policy: &confine.Policy{Profile: confine.Region}}
	cmd := behind.command(t, attacker(t), d.socket, backends[behind.walls], w.name, "linger")
	cmd.Dir = t.TempDir()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	d.await(t, func() bool { return d.scanned(cmd.Process.Pid) })
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); !strings.HasPrefix(line, worked) {
		t.Errorf("it does not work behind walls and confinement: %q", line)
	}
	d.await(t, func() bool { return d.sees(w) })
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Error(err)
	}
	d.reports() // for the next one
}

// scanned says whether the daemon has looked at the code of a process.
func (d *daemon) scanned(pid int) bool {
	front := d.engine.State().Service["front"]
	return front.GetProcessId() == uint32(pid) && front.CodeScan.GetTime() != ""
}

// sees says whether the daemon has seen what the way's monitor sees.
func (d *daemon) sees(w way) bool {
	scan := d.engine.State().Service["front"].CodeScan
	switch {
	case w.seenBy == scanAtAttach && w.name == "wrfsbase":
		return scan.GetIdentity() > 0
	case w.seenBy == scanAtAttach:
		return scan.GetOpen() > 0
	}
	select {
	case v := <-d.engine.Violations():
		return v.Kind == wire.UnprovenCode && v.Service == "front"
	default:
		return false
	}
}

// try runs the attacker, and returns what came of it and what the daemon was told.
func (d *daemon) try(t *testing.T, w way, behind defence) (outcome, string) {
	t.Helper()
	cmd := behind.command(t, attacker(t), d.socket, backends[behind.walls], w.name)
	cmd.Dir = t.TempDir()
	out, err := d.run(t, cmd)
	return d.outcome(t, cmd.Dir, out, err)
}

// outcome says what came of a run in the folder.
func (d *daemon) outcome(t *testing.T, dir, out string, err error) (outcome, string) {
	t.Helper()
	seen := d.reports()
	said := fmt.Sprintf("%q %v %v", out, err, seen)
	switch {
	case strings.Contains(out, worked) || dumped(t, dir):
		return works, said
	case ended(err):
		return ends, said
	case err != nil:
		t.Fatal(said)
	case slices.Contains(seen, wire.ProtectionKeyFault):
		return reported, said
	}
	return fails, said
}

func ended(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && (exit.Sys().(syscall.WaitStatus).Signaled() || exit.ExitCode() == redteam.EndedStatus)
}

// theSecret is what the attacker's main.c makes up the same way.
func theSecret() []byte {
	secret := make([]byte, 64)
	for i := range secret {
		secret[i] = byte(i*37+11) ^ 0xa5
	}
	return secret
}

// dumped says whether a core dump in the folder has the secret.
func dumped(t *testing.T, dir string) bool {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "core*"))
	for _, file := range files {
		core, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(core, theSecret()) {
			return true
		}
	}
	return false
}
