package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/confine"
)

func TestMain(m *testing.M) {
	Stage() // the programs that these tests run go through this test's binary
	os.Exit(m.Run())
}

// shell is a program that runs a script.
func shell(t *testing.T, script string) (Program, *record) {
	t.Helper()
	told := new(record)
	return Program{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Restart: Never, StopTimeout: 10 * time.Second,
		Stdout: &told.out, Stderr: &told.out, Tell: told.tell,
	}, told
}

// record is what the program wrote and what was told of it.
type record struct {
	mu    sync.Mutex
	out   bytes.Buffer
	lines []string
}

func (s *record) tell(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *record) starts() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if strings.HasPrefix(l, "started") {
			n++
		}
	}
	return n
}

func TestTheProgramIsConfined(t *testing.T) {
	t.Setenv("LD_PRELOAD", "/nonexistent.so")
	p, told := shell(t, `echo "$WAVEGUARD_SERVICE $0"; grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status; ulimit -c; env | grep -c -E '^(LD_PRELOAD|WAVEGUARD_LAUNCH_STAGE)='`)
	p.Environ = []string{"WAVEGUARD_SERVICE=key-store"}
	err := p.Run(t.Context())
	want := "key-store sh\nNoNewPrivs:\t1\nSeccomp:\t2\n0\n0\n"
	if got := told.out.String(); got != want {
		t.Errorf("the program says %q, want %q (%v)", got, want, err)
	}
	if got := Withheld(os.Environ()); !slices.Equal(got, []string{"LD_PRELOAD"}) {
		t.Errorf("withheld: %q", got)
	}
}

func TestHowItEnds(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]int{"exit 0": 0, "exit 9": 9, "kill -KILL $$": 128 + 9} {
		p, _ := shell(t, script)
		if got := status(p.Run(t.Context())); got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
	for path, want := range map[string]int{"/nonexistent": StatusNotFound, empty: StatusNotExecutable} {
		p, told := shell(t, "")
		p.Path, p.Restart = path, Always // what does not begin is not tried again
		if got := status(p.Run(t.Context())); got != want {
			t.Errorf("%s: status %d, want %d\n%s", path, got, want, told.out.String())
		}
	}
}

func status(err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Status
	}
	return -1
}

func TestRestart(t *testing.T) {
	for _, test := range []struct {
		restart Restart
		script  string // of three runs, the last one ends with status 0
		want    int    // starts
	}{
		{Never, "exit 1", 1},
		{OnFailure, `n=$(cat $F); echo $((n+1)) >$F; test $n = 2`, 3},
	} {
		counter := filepath.Join(t.TempDir(), "n")
		if err := os.WriteFile(counter, []byte("0\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p, told := shell(t, test.script)
		p.Restart, p.Environ = test.restart, []string{"F=" + counter}
		_ = p.Run(t.Context())
		if got := told.starts(); got != test.want {
			t.Errorf("%s: %d starts, want %d: %q\n%s", test.restart, got, test.want, told.lines, told.out.String())
		}
	}
}

// TestCheckedBeforeEachStart: what was clean once need not be so when it is started again.
func TestCheckedBeforeEachStart(t *testing.T) {
	p, told := shell(t, "exit 1")
	p.Restart = Always
	clean, problem := 2, &ExitError{StatusNotConfined, "it changed"}
	p.Check = func(context.Context) error {
		if clean--; clean < 0 {
			return problem
		}
		return nil
	}
	if err := p.Run(t.Context()); !errors.Is(err, problem) || told.starts() != 2 {
		t.Errorf("%v after %d starts, want %v after 2", err, told.starts(), problem)
	}
}

func TestAlwaysGoesOnUntilStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, told := shell(t, "exit 0")
	p.Restart = Always
	tell := p.Tell
	p.Tell = func(format string, args ...any) {
		tell(format, args...)
		if told.starts() == 3 {
			cancel()
		}
	}
	// The last program ends by itself or is asked to, whichever is first.
	if got := status(p.Run(ctx)); got != 0 && got != 128+int(syscall.SIGTERM) || told.starts() != 3 {
		t.Errorf("%d starts, status %d", told.starts(), got)
	}
}

func TestStop(t *testing.T) {
	for script, test := range map[string]struct {
		wait   time.Duration
		status int
	}{
		`trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.01; done`: {time.Minute, 0},
		`trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.01; done`: {time.Minute, 3},
		`trap "" TERM; echo up; while :; do sleep 0.01; done`:                 {100 * time.Millisecond, 128 + 9}, // is killed
	} {
		ctx, cancel := context.WithCancel(t.Context())
		p, told := shell(t, script)
		up := make(chan struct{})
		p.StopTimeout = test.wait
		p.Stderr = nil
		p.Stdout = writer(func(b []byte) {
			if strings.Contains(string(b), "up") {
				close(up)
			}
			told.out.Write(b)
		})
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		<-up
		cancel()
		if got := status(<-done); got != test.status {
			t.Errorf("%s: status %d, want %d", script, got, test.status)
		}
		if bye := strings.Contains(told.out.String(), "bye"); bye != (test.wait == time.Minute) {
			t.Errorf("%s: said %q", script, told.out.String())
		}
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func TestSignalsArePassedOn(t *testing.T) {
	p, told := shell(t, `trap "echo hup; exit 5" HUP; echo up; while :; do sleep 0.01; done`)
	p.Stderr = nil
	p.Stdout = writer(func(b []byte) {
		if strings.Contains(string(b), "up") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
		}
		told.out.Write(b)
	})
	if got := status(p.Run(t.Context())); got != 5 {
		t.Errorf("status %d: %q", got, told.out.String())
	}
}

// A signal that comes between two runs ends neither this process nor the next run.
func TestSignalsBetweenRuns(t *testing.T) {
	counter := filepath.Join(t.TempDir(), "n")
	if err := os.WriteFile(counter, []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, told := shell(t, `n=$(cat $F); echo $((n+1)) >$F; test $n = 1`)
	p.Restart, p.Environ = OnFailure, []string{"F=" + counter}
	tell := p.Tell
	p.Tell = func(format string, args ...any) {
		tell(format, args...)
		if strings.Contains(format, "again in") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
		}
	}
	if err := p.Run(t.Context()); err != nil || told.starts() != 2 {
		t.Errorf("%d starts, %v: %q", told.starts(), err, told.lines)
	}
}

func TestWhatIsIgnoredStaysSo(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer func() { // Reset does not undo Ignore
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
		signal.Stop(signals)
	}()
	p, told := shell(t, "kill -HUP $$; echo alive")
	if err := p.Run(t.Context()); err != nil || told.out.String() != "alive\n" {
		t.Errorf("%v: %q", err, told.out.String())
	}
}

// Arguments are octets, and as many as the kernel takes.
func TestArgumentsAreAsGiven(t *testing.T) {
	p, told := shell(t, `printf '%s' "$0"; printf ' %s' $#`)
	p.Args = append(p.Args, "a\xffb\n<", strings.Repeat("x", 100_000), strings.Repeat("y", 100_000))
	err := p.Run(t.Context())
	if got, want := told.out.String(), "a\xffb\n< 2"; got != want {
		t.Errorf("the program got %q, want %q (%v)", got, want, err)
	}
}

func TestRefusedCallsFail(t *testing.T) {
	p, told := shell(t, "unshare -U true")
	if got := status(p.Run(t.Context())); got == 0 {
		t.Errorf("a new user namespace was made:\n%s", told.out.String())
	}
	p.Policy = confine.Policy{Permissive: true}
	_ = p.Run(t.Context()) // whether it may, the machine says
}
