package scan_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/scan"
)

func follow(t testing.TB, pid int) *scan.Follower {
	t.Helper()
	f, err := scan.Follow(pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func look(t testing.TB, f *scan.Follower) *scan.Picture {
	t.Helper()
	p, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFollowerSeesAll: a picture has what a report has.
func TestFollowerSeesAll(t *testing.T) {
	c := startChild(t)
	r, err := scan.Process(t.Context(), c.pid)
	if err != nil {
		t.Fatal(err)
	}
	f := follow(t, c.pid)
	p := look(t, f)
	counts := map[scan.Class]int{}
	for _, h := range r.Hits {
		counts[h.Class]++
	}
	for _, class := range scan.Classes() {
		if p.Counts[class] != counts[class] {
			t.Errorf("%d hits are %s, want %d", p.Counts[class], class, counts[class])
		}
	}
	found := map[scan.Address]bool{}
	for _, h := range p.Hits {
		found[h.Address] = true
	}
	for name, at := range c.where {
		if !found[at] {
			t.Errorf("%s, at %v, is not found", name, at)
		}
	}
	if p.Bytes != r.Bytes || len(p.Unread) > 0 || p.CanBeReplaced() != 2 || len(p.Replaceable) != 2 {
		t.Errorf("%d bytes of %d, not read %q, replaceable %q", p.Bytes, r.Bytes, p.Unread, p.Replaceable)
	}
	if p.Refused(scan.Classes()...) != 0 || p.Refused(scan.Gate) != r.Refused(scan.Gate)+2 {
		t.Errorf("refused %d and %d", p.Refused(scan.Classes()...), p.Refused(scan.Gate))
	}
	if again := look(t, f); again != p {
		t.Error("what did not change was scanned again")
	}
	f.Forget()
	if again := look(t, f); again == p || again.Bytes != p.Bytes {
		t.Error("what was forgotten was not scanned again")
	}
}

// TestFirstThreadEnds: a process goes on when its first thread has ended, and the
// directory of that one shows no memory any more.
func TestFirstThreadEnds(t *testing.T) {
	const source = `
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *rest(void *unused) { char c; while (read(0, &c, 1) > 0) {} _exit(0); return unused; }
int main(void) { pthread_t t; pthread_create(&t, 0, rest, 0); puts("ready"); fflush(stdout); pthread_exit(0); }
`
	c := startProgram(t, compile(t, "thread.c", source, "-pthread"))
	awaitState(t, c, "Z")
	if p := look(t, follow(t, c)); p.Bytes == 0 || len(p.Unread) > 0 {
		t.Errorf("%d bytes, not read %q", p.Bytes, p.Unread)
	}
}

// startProgram starts a program, and waits until it says that it is ready.
func startProgram(t *testing.T, path string) (pid int) {
	t.Helper()
	cmd := exec.Command(path)
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd.Process.Pid
}

// awaitState waits until the first thread of a process is in a state (proc_pid_stat(5)).
func awaitState(t *testing.T, pid int, state string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(rest, state) {
			return
		}
	}
	t.Fatalf("the first thread of process %d does not get into state %s", pid, state)
}

// BenchmarkLook is what looking costs at a process, a Go service of usual size, of
// which nothing changed.
func BenchmarkLook(b *testing.B) {
	f := follow(b, os.Getpid())
	look(b, f)
	for b.Loop() {
		look(b, f)
	}
}
