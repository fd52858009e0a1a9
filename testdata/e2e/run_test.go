package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// nobody is a user that the machine need not know.
const nobody = 61234

// TestMakeRun is what "make run" does after building, as whoever tests and,
// if that is root, as somebody else.
func TestMakeRun(t *testing.T) {
	needBinaries(t)
	users := map[string]int{"as-myself": os.Getuid()}
	if os.Getuid() == 0 {
		users["unprivileged"] = nobody
	}
	for name, uid := range users {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCheckout(t, uid)
			run := c.start(t, "DURATION=8s")
			if status, err := run.status(2 * time.Minute); err != nil || status != 0 {
				t.Fatalf("scripts/run: status %d, %v; it said:\n%s", status, err, run.all())
			}
			c.checkIntroduction(t, run.all())
			c.checkNothingLeft(t)
		})
	}
}

// checkout is the part of the repository that scripts/run needs.
type checkout struct {
	dir           string
	uid           int
	netconf, gnmi string
}

func newCheckout(t *testing.T, uid int) *checkout {
	t.Helper()
	dir, err := os.MkdirTemp(bin, "run-")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"waveguardd", "waveguard"} {
		copyProgram(t, name, filepath.Join(dir, "bin"))
	}
	script, err := os.ReadFile("../../scripts/run")
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "scripts"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "scripts", "run"), script, 0o755)
	}
	if err == nil {
		err = os.Chown(dir, uid, uid)
	}
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	return &checkout{dir, uid, loopback(ports[0]), loopback(ports[1])}
}

// command is a command in the checkout, by its user.
func (c *checkout) command(args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = c.dir
	if c.uid != os.Getuid() {
		id := uint32(c.uid)
		cmd.SysProcAttr = &unix.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
	return cmd
}

// start starts scripts/run.
func (c *checkout) start(t *testing.T, env ...string) *child {
	t.Helper()
	cmd := c.command("scripts/run", "--netconf", c.netconf, "--gnmi", c.gnmi)
	cmd.Env = append(os.Environ(), env...)
	return launch(t, cmd)
}

// checkIntroduction wants to read what runs, how strong it is, and what is missing.
func (c *checkout) checkIntroduction(t *testing.T, said string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(c.dir, ".waveguard", "admin-password"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v", info, err)
	}
	wants := []string{"administrator admin, password ", ".waveguard/admin-password", c.netconf, c.gnmi, "Try next", "Stopped."}
	a := appliance{machine: &machine{place: thisHost}}
	wants = append(wants, a.expectedStrength())
	if c.uid != 0 {
		wants = append(wants, "root: ")
	}
	if a.expectedStrength() == "MPROTECT" {
		wants = append(wants, "protection keys: this CPU has none")
	}
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Logf("it said:\n%s", said)
	}
}

// checkNothingLeft wants no process of the checkout's programs.
func (c *checkout) checkNothingLeft(t *testing.T) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil || len(links) == 0 {
		t.Fatalf("list processes: %v", err)
	}
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil && strings.HasPrefix(program, c.dir) {
			t.Errorf("%s still runs, as %s", program, filepath.Dir(link))
		}
	}
}

// prelude has the printed commands work where nobody types: what runs until ^C
// ends after a while, and what asks for a password on a terminal is left out.
const prelude = `
set -e
watching() { timeout 4 "$@" || [ $? -eq 124 ]; }
go() { shift 2; watching "$GNMI_CLI" "$@"; }
python3() { "$PYTHON" "$@"; }
ssh() { :; }
`

// TestCopyAndPaste runs the commands that "make run" tells to try.
func TestCopyAndPaste(t *testing.T) {
	t.Parallel()
	needBinaries(t)
	interpreter := python(t)
	c := newCheckout(t, os.Getuid())
	run := c.start(t)
	paste := func(t *testing.T, commands string) *child {
		t.Helper()
		commands = strings.ReplaceAll(commands, "\nbin/waveguard watch", "\nwatching bin/waveguard watch")
		commands = strings.ReplaceAll(commands, "\nbin/waveguardd ", "\nexec bin/waveguardd ")
		cmd := c.command("bash", "-c", prelude+commands)
		cmd.Env = append(os.Environ(), "GNMI_CLI="+program("gnmi_cli"), "PYTHON="+interpreter)
		return launch(t, cmd)
	}
	steps := c.printedSteps(t, run)
	for i, step := range []struct {
		fails bool
		wants []string
	}{
		{wants: []string{"module mpk-security {", "<transition>", "performance-monitoring"}},
		{wants: []string{"performance-monitoring", "DENY"}},
		{wants: []string{"Watching", "/state/counters/denied, ", "PERMIT"}},
		{wants: []string{"Caught", "key-store", "0x"}},
		{wants: []string{`"nobody" refers to nothing`}, fails: true},
	} {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			s := paste(t, steps[i])
			status, err := s.status(time.Minute)
			if err != nil || (status != 0) != step.fails {
				t.Errorf("status %d, %v", status, err)
			}
			for _, want := range step.wants {
				if !strings.Contains(s.all(), want) {
					t.Errorf("the output does not have %q", want)
				}
			}
			if t.Failed() {
				t.Logf("commands:\n%s\noutput:\n%s", steps[i], s.all())
			}
		})
	}
	t.Run("6", func(t *testing.T) {
		restarted := paste(t, steps[5])
		defer func() {
			if t.Failed() {
				t.Logf("the daemon that was started again said:\n%s", restarted.all())
			}
		}()
		for _, want := range []string{"The daemon is gone", "attached to the daemon again"} {
			await(t, run, want)
		}
	})
	if err := run.cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if status, err := run.status(time.Minute); err != nil || status != 0 {
		t.Errorf("after ^C: status %d, %v; it said:\n%s", status, err, run.said())
	}
	c.checkNothingLeft(t)
}

var stepHead = regexp.MustCompile(`(?m)^# [1-6]\. .*$`)

// printedSteps waits for the introduction and returns the six steps' commands.
func (c *checkout) printedSteps(t *testing.T, run *child) []string {
	t.Helper()
	await(t, run, "It runs until")
	_, script, _ := strings.Cut(run.all(), "Try next")
	script, _, _ = strings.Cut(script, "It runs until")
	steps := stepHead.Split(script, -1)[1:]
	if len(steps) != 6 {
		t.Fatalf("%d steps in\n%s", len(steps), script)
	}
	return steps
}

// await reads lines until one has the text.
func await(t *testing.T, c *child, text string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		line, err := c.line(time.Until(deadline))
		if err != nil {
			t.Fatalf("wait for %q: %v", text, err)
		}
		if strings.Contains(line, text) {
			return
		}
	}
}
