package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tool is the built command.
var tool string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "pkuvm-")
	if err != nil {
		panic(err)
	}
	tool = filepath.Join(dir, "pkuvm")
	build := exec.Command("go", "build", "-o", tool, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	status := 1
	if err := build.Run(); err == nil {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

// TestPKUVM has a C program find the protection keys: 15 that can be allocated,
// and a read through a closed one that ends in SIGSEGV with SEGV_PKUERR (4).
func TestPKUVM(t *testing.T) {
	t.Parallel()
	r := pkuvm(t, "--", buildProbe(t))
	r.want(t, 0, "keys 15\nSIGSEGV si_code 4, at the page 1, by the key 1\nopened 42\n")
}

func TestProcessorWithoutKeys(t *testing.T) {
	t.Parallel()
	r := pkuvm(t, "-cpu", "max,-pku", "--", buildProbe(t))
	r.want(t, 1, "")
	if !strings.Contains(r.stderr, "pkey_alloc") {
		t.Errorf("standard error %q does not name pkey_alloc", r.stderr)
	}
}

// TestScript covers what a program finds in the guest, and that its output
// arrives whole: any byte, in quantity, from what it left running too.
func TestScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blob := make([]byte, 1<<20)
	rand.Read(blob)
	write(t, filepath.Join(dir, "data", "blob"), string(blob))
	write(t, filepath.Join(dir, "one"), "one file\n")
	r := pkuvm(t,
		"-file", filepath.Join(dir, "data")+":/opt/given/",
		"-file", filepath.Join(dir, "one"),
		"-env", "COLOUR=dark blue", "-cwd", "/opt/given",
		"-script", script(t, `
			echo "$COLOUR" in $(pwd): "$@"
			cat /home/one
			cat data/blob >/dev/stderr
			ip addr show lo | grep -c 127.0.0.1/8
			(sleep 1000; echo never) &
			exit 3`),
		"first", "second third")
	r.want(t, 3, "dark blue in /opt/given: first second third\none file\n1\n")
	if r.stderr != string(blob) {
		t.Errorf("standard error: %d bytes, not the %d that were written", len(r.stderr), len(blob))
	}
}

func TestSignal(t *testing.T) {
	t.Parallel()
	r := pkuvm(t, "-script", script(t, `echo exit 0; kill -SEGV $$`))
	r.want(t, 128+int(unix.SIGSEGV), "exit 0\n")
	if !strings.Contains(r.stderr, "SIGSEGV") {
		t.Errorf("standard error %q does not name the signal", r.stderr)
	}
}

// TestCrash has the kernel panic under the program.
func TestCrash(t *testing.T) {
	t.Parallel()
	r := pkuvm(t, "-script", script(t, `echo before; sleep 1; echo c >/proc/sysrq-trigger; sleep 1000`))
	r.want(t, statusFailed, "before\n")
	if !strings.Contains(r.stderr, "last words") || !strings.Contains(r.stderr, "sysrq triggered crash") {
		t.Errorf("standard error does not explain the crash:\n%s", r.stderr)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	r := pkuvm(t, "-timeout", "2s", "-script", script(t, `sleep 1000`))
	if r.status != statusTimeout || !strings.Contains(r.stderr, "within 2s (-timeout)") {
		t.Errorf("status %d, standard error %q; want %d and the reason", r.status, r.stderr, statusTimeout)
	}
}

// TestForward reaches a server in the guest while it runs, then stops the
// machine by a signal.
func TestForward(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	cmd := command(t, "-forward", fmt.Sprintf("%d:80", port), "-script",
		script(t, `mkdir /www; echo from the guest >/www/page; httpd -h /www; echo ready; sleep 1000`))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if line != "ready\n" {
		t.Errorf("read %q, %v; want ready", line, err)
	}
	if got := get(t, fmt.Sprintf("http://127.0.0.1:%d/page", port)); got != "from the guest\n" {
		t.Errorf("page %q; want the guest's", got)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 128+int(unix.SIGTERM) {
		t.Errorf("ended with %v; want status %d", exit, 128+int(unix.SIGTERM))
	}
}

// TestRefusals need no virtual machine.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big"), strings.Repeat("x", 10<<20))
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{}, "no program given"},
		{[]string{"--", "/no/such"}, "/no/such: no such file"},
		{[]string{"--", "/bin/bash"}, "dynamically linked"},
		{[]string{"-cwd", "tmp", "--", "x"}, "absolute path"},
		{[]string{"-forward", "0:1", "--", "x"}, "want HOSTPORT:GUESTPORT"},
		{[]string{"-forward", "8080", "--", "x"}, "want HOSTPORT:GUESTPORT"},
		{[]string{"-file", "a:b", "--", "x"}, "want SRC or SRC:DST"},
		{[]string{"-env", "=x", "--", "x"}, "want KEY=VALUE"},
		{[]string{"-mem", "130", "-file", filepath.Join(dir, "big"), "-script", os.DevNull}, "more memory: -mem"},
	} {
		r := pkuvm(t, tc.args...)
		if r.status != statusFailed || !strings.Contains(r.stderr, tc.want) {
			t.Errorf("pkuvm %q: status %d, %q; want %d and %q", tc.args, r.status, r.stderr, statusFailed, tc.want)
		}
	}
}

// result is what one run of the command left.
type result struct {
	status         int
	stdout, stderr string
}

func (r result) want(t *testing.T, status int, stdout string) {
	t.Helper()
	if r.status != status || r.stdout != stdout {
		t.Errorf("status %d, standard output %q; want %d, %q\nstandard error: %.4096s",
			r.status, r.stdout, status, stdout, r.stderr)
	}
}

func pkuvm(t *testing.T, args ...string) (r result) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := command(t, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	require(t, "qemu-system-x86_64", "qemu-system-x86")
	require(t, "busybox", "busybox-static")
	return exec.CommandContext(t.Context(), tool, append([]string{"-timeout", "5m"}, args...)...)
}

// require skips the test where a tool is missing, except in continuous
// integration, where everything must be there.
func require(t *testing.T, name, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: install the package %s", name, pkg)
	}
	t.Skipf("%s is missing: install the package %s", name, pkg)
}

func buildProbe(t *testing.T) string {
	t.Helper()
	require(t, "gcc", "gcc")
	probe := filepath.Join(t.TempDir(), "probe")
	if out, err := exec.Command("gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", probe, "probe/probe.c").CombinedOutput(); err != nil {
		t.Fatalf("compile the probe (package libc6-dev): %v\n%s", err, out)
	}
	return probe
}

func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "script")
	write(t, name, text)
	return name
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
