package attach

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/rounds"
)

// TestIdentity compares what is found out of a process with what it is.
func TestIdentity(t *testing.T) {
	before := time.Now().Add(-time.Second)
	o := start(t, "sit")
	p := o.identify()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if p.Executable != exe || p.UID != uint32(os.Getuid()) || p.Elsewhere {
		t.Errorf("identity is %+v", p.Identity)
	}
	if p.Started.Before(before) || p.Started.After(time.Now().Add(time.Second)) {
		t.Errorf("it started %v", p.Started)
	}
	ticks, _, err := startOf(os.Getpid())
	if err != nil || ticks == 0 || ticks > p.Start {
		t.Errorf("this process started at %d (%v), its child at %d", ticks, err, p.Start)
	}
	if stack, err := stackOf(os.Getpid()); err != nil || stack == 0 || p.Stack == 0 {
		t.Errorf("the stack of this process is at %#x (%v), its child's at %#x", stack, err, p.Stack)
	}
	if err := p.check(); err != nil {
		t.Errorf("check returned %v", err)
	}
	if sum, err := p.Digest.Read(); err != nil || len(sum) != 64 {
		t.Errorf("digest is %q, %v", sum, err)
	}
}

// TestEndIsNoticed: a process that ends is gone, though its child has the socket
// still. The socket alone does not tell.
func TestEndIsNoticed(t *testing.T) {
	o := start(t, "lend")
	p := o.identify()
	o.heard()
	if got := o.heard(); got != "here" { // the child
		t.Fatalf("heard %q", got)
	}
	watched := make(chan error, 1)
	go func() { watched <- p.watch(new(rounds.Rounds)) }()
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-watched:
		if !errors.Is(err, errEnded) {
			t.Errorf("watch returned %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the end was not noticed")
	}
	if err := p.check(); !errors.Is(err, errEnded) {
		t.Errorf("check returned %v", err)
	}
	// Without the hold: the connection is as alive as ever.
	o.act()
	if m, _, err := wire.NewConn(o.socket).Receive(); err != nil {
		t.Errorf("the socket says %v, %v; the child should speak on it", m, err)
	}
}

// TestOtherProgramIsNoticed: a process that executes another program is not what
// was identified, though number, handle and socket are the same.
func TestOtherProgramIsNoticed(t *testing.T) {
	o := start(t, "become")
	p := o.identify()
	watched := make(chan error, 1)
	go func() { watched <- p.watch(new(rounds.Rounds)) }()
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	o.act()
	eventually(t, "the other program to be noticed", func() bool { return errors.Is(p.check(), errReplaced) })
	select {
	case err := <-watched:
		if !errors.Is(err, errReplaced) {
			t.Errorf("watch returned %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("watch did not notice")
	}
	// Without the hold: who looks now sees the other program, and believes it.
	again := o.identify()
	if again.Executable == p.Executable || !again.Is(p.Identity) {
		t.Errorf("was %+v, is %+v", p.Identity, again.Identity)
	}
	if ended, err := p.ended(); ended || err != nil {
		t.Errorf("the handle says that it ended (%v)", err)
	}
}

// TestOthersMayNotSpeak: a message that another process sends on the socket is
// refused; without the check it is taken for the identified one's.
func TestOthersMayNotSpeak(t *testing.T) {
	for _, admit := range []bool{true, false} {
		t.Run(fmt.Sprint(admit), func(t *testing.T) {
			o := start(t, "lend")
			p, c := o.identify(), wire.NewConn(o.socket)
			if admit {
				c.Admit(p.PID)
			}
			o.act()
			m, _, err := c.Receive()
			if refused := errors.Is(err, wire.ErrFormat); refused != admit {
				t.Errorf("received %+v, %v", m, err)
			}
		})
	}
}

// TestGoneBeforeItIsIdentified: of a process that has ended nothing is believed.
func TestGoneBeforeItIsIdentified(t *testing.T) {
	o := start(t, "sit")
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = o.cmd.Wait()
	if p, err := o.tryIdentify(); err == nil {
		t.Errorf("identified as %+v", p.Identity)
	}
}

func TestWatchEndsWithClose(t *testing.T) {
	o := start(t, "sit")
	p, err := o.tryIdentify()
	if err != nil {
		t.Fatal(err)
	}
	watched := make(chan error, 1)
	go func() { watched <- p.watch(new(rounds.Rounds)) }()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-watched:
		if err == nil || errors.Is(err, errEnded) || errors.Is(err, errReplaced) {
			t.Errorf("watch returned %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("watch goes on")
	}
}

func TestStartTicks(t *testing.T) {
	for stat, want := range map[string]uint64{
		"1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 77 9 9":           77,
		"1 (a) b) S 0 (x) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 78 9":     78,
		"1 (\n) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 79":                 79,
		"1 () S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 18446744073709551615": 1<<64 - 1,
	} {
		if got, err := startTicks([]byte(stat)); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", stat, got, err, want)
		}
	}
	for _, stat := range []string{"", "1 (x) S 0 1", "1 (x) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 soon", "no parenthesis"} {
		if got, err := startTicks([]byte(stat)); err == nil {
			t.Errorf("%q: %d", stat, got)
		}
	}
}

func TestUnifiedCgroup(t *testing.T) {
	for membership, want := range map[string]string{
		"0::/a.slice/b\n":                     "/a.slice/b",
		"9:name=systemd:/x\n1:cpu:/y\n0::/\n": "/",
		"1:cpu:/0::/fake\n":                   "",
		"":                                    "",
		"0::/../outside\n":                    "/../outside",
		"10::/no\n0::/with:colon\n":           "/with:colon",
		"1:cpu:/\n0::/last without an end of line": "/last without an end of line",
	} {
		if got := unifiedCgroup(membership); got != want {
			t.Errorf("%q: %q, want %q", membership, got, want)
		}
	}
}

// TestCgroup moves a process into a cgroup of its own and finds it there.
func TestCgroup(t *testing.T) {
	root := unifiedMount(t)
	group := filepath.Join(root, fmt.Sprintf("waveguard-test-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("cgroups of version 2 cannot be made here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Rmdir(group) })
	o := start(t, "sit")
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), fmt.Append(nil, o.cmd.Process.Pid), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := o.identify().Cgroup; filepath.Base(got) != filepath.Base(group) {
		t.Errorf("cgroup is %q, want the one at %s", got, group)
	}
	_ = o.say.Close()
	_ = o.cmd.Wait() // so that the group can go
}

func unifiedMount(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if err := unix.Statfs(path, &fs); err == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC {
			return path
		}
	}
	t.Skip("no cgroups of version 2 are mounted here")
	return ""
}

func TestFileSystemOfItsUser(t *testing.T) {
	if err := checkFileSystemType(unix.FUSE_SUPER_MAGIC); err == nil {
		t.Error("a digest of a file that a program makes up is believed")
	}
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := checkFileSystem(file); err != nil {
		t.Error(err)
	}
}

// TestStrangers: who is neither root nor in the group cannot even connect. One who
// can is known by his user.
func TestStrangers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	const nobody = 65534
	folder := t.TempDir()
	l, err := Listen(filepath.Join(folder, "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for dir := folder; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	asNobody := func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if got := startAt(t, l, "sit", asNobody).heard(); !strings.Contains(got, "permission denied") {
		t.Errorf("a stranger got %q", got)
	}
	if err := os.Chmod(l.Addr().String(), 0o666); err != nil {
		t.Fatal(err)
	}
	o := startAt(t, l, "sit", asNobody)
	if got := o.heard(); got != "<nil>" {
		t.Fatalf("where everybody may connect, a stranger got %q", got)
	}
	if o.socket, err = l.AcceptUnix(); err != nil {
		t.Fatal(err)
	}
	defer o.socket.Close()
	if p := o.identify(); p.UID != nobody {
		t.Errorf("the stranger is identified as user %d", p.UID)
	}
}

// FuzzStartTicks: no name of a process changes when it started.
func FuzzStartTicks(f *testing.F) {
	for _, name := range []string{"init", "a) b", ") S 1 2 3", "", "\n", "(("} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		stat := fmt.Sprintf("1 (%s) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 77 9", name)
		if got, err := startTicks([]byte(stat)); err != nil || got != 77 {
			t.Errorf("%q: %d, %v", stat, got, err)
		}
		_, _ = startTicks([]byte(name))
	})
}
