package scan_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
	_, _, pid = startTalker(t, path)
	return pid
}

// startTalker does the same, and returns its standard input and output.
func startTalker(t *testing.T, path string) (in io.Writer, out *bufio.Reader, pid int) {
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
	out = bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return stdin, out, cmd.Process.Pid
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

// TestUnchanged: what a look would find is seen without one, and nothing else is.
func TestUnchanged(t *testing.T) {
	for way, prepare := range map[string]func(*scan.Follower){"asked": func(*scan.Follower) {}, "read": (*scan.Follower).Reread} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			testUnchanged(t, prepare)
		})
	}
}

func testUnchanged(t *testing.T, prepare func(*scan.Follower)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out, pid := startTalker(t, compile(t, "act.c", `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int n, char **words) {
	char path[4096]; puts("ready"); fflush(stdout);
	while (fgets(path, sizeof path, stdin)) {
		for (char *p = path; *p; p++) if (*p == '\n') *p = 0;
		if (path[0] == '!') execl("/bin/cat", "cat", (char *)0);
		mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(path, O_RDONLY), 0);
		puts("done"); fflush(stdout);
	}
}
`))
	f := follow(t, pid)
	prepare(f)
	if f.Unchanged() {
		t.Error("nothing was looked at, and it is unchanged")
	}
	settled := func(what string) {
		t.Helper()
		if f.Unchanged() {
			t.Errorf("%s is not noticed", what)
		}
		before := look(t, f)
		if again := look(t, f); again != before || os.Geteuid() == 0 && !f.Unchanged() {
			t.Errorf("after %s nothing changes, and that is not seen", what)
		}
	}
	settled("the start")
	_, err1 := fmt.Fprintln(in, path)
	if line, err2 := out.ReadString('\n'); err1 != nil || err2 != nil {
		t.Fatal(line, err1, err2)
	}
	settled("a new mapping")
	if err := os.WriteFile(path, []byte(wrpkru), 0o600); err != nil {
		t.Fatal(err)
	}
	settled("a file that changed")
	f.Forget()
	settled("what was forgotten")
	if _, err := fmt.Fprintln(in, "!"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); filepath.Base(path) != "out" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not execute another program")
		}
	}
	_, err1 = fmt.Fprintln(in, "all is loaded")
	if line, err2 := out.ReadString('\n'); err1 != nil || err2 != nil {
		t.Fatal(line, err1, err2)
	}
	settled("another program")
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

// BenchmarkUnchanged is what it costs to see that, of a process with hundreds of mappings that
// cannot be executed, as one in C with many domains has.
func BenchmarkUnchanged(b *testing.B) {
	for i := range 256 {
		m, err := unix.Mmap(-1, 0, 2*os.Getpagesize(), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			b.Fatal(i, err)
		}
		defer unix.Munmap(m)
		if err := unix.Mprotect(m[:os.Getpagesize()], unix.PROT_NONE); err != nil {
			b.Fatal(err)
		}
	}
	for _, reread := range []bool{false, true} {
		f := follow(b, os.Getpid())
		if reread {
			f.Reread()
		}
		look(b, f)
		name := "read"
		if f.Unchanged(); f.Answered() {
			name = "asked"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !f.Unchanged() {
					look(b, f)
				}
			}
		})
	}
}
