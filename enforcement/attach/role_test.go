package attach

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// role is the environment variable that makes this program the other process of
// a test: it connects to the socket named after the role, and acts when a line
// comes on its standard input.
const role = "WAVEGUARD_TEST_ROLE"

var roles = map[string]func(*net.UnixConn){
	"sit":    func(*net.UnixConn) { wait() },
	"become": become,
	"lend":   lend,
	"pose":   pose,
	"report": report,
}

func TestMain(m *testing.M) {
	name, socket, _ := strings.Cut(os.Getenv(role), " ")
	switch act := roles[name]; {
	case name == "":
		os.Exit(m.Run())
	case name == "speak":
		speak(&wire.Ping{Token: 1}, 1)
	case name == "answer":
		speak(&wire.Ready{}, 2)
	default:
		c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
		fmt.Println(err)
		if err == nil {
			act(c)
		}
	}
}

func wait() { _, _ = io.Copy(io.Discard, os.Stdin) }

func socketOf(c *net.UnixConn) *os.File {
	f, err := c.File()
	if err != nil {
		panic(err)
	}
	return f
}

// become executes another program, which has the socket still.
func become(c *net.UnixConn) {
	await()
	execute(c)
}

func execute(c *net.UnixConn) {
	f := socketOf(c)
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
		panic(err)
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		panic(err)
	}
	panic(syscall.Exec(sleep, []string{"sleep", "60"}, os.Environ()))
}

func await() {
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// lend gives the socket to a child, which speaks in this process's name. The
// child lives on as long as standard input is open, whatever becomes of this one.
func lend(c *net.UnixConn) {
	raise("speak", c)
	time.Sleep(time.Minute)
}

// raise starts a child that has the socket.
func raise(name string, c *net.UnixConn) {
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), role+"="+name)
	child.ExtraFiles = []*os.File{socketOf(c)}
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		panic(err)
	}
}

// report claims a service, reports twice when it is told to, and ends.
func report(c *net.UnixConn) {
	conn := wire.NewConn(c)
	err := conn.Send(&wire.Hello{Services: []wire.Service{{Name: "s"}}})
	if err == nil {
		_, _, err = conn.Receive()
	}
	err = errors.Join(err, conn.Send(&wire.Ready{}))
	await()
	v := &wire.Violation{Kind: wire.ProtectionKeyFault, Severity: wire.Severe, Occurrences: 1, Operation: wire.NoOperation}
	if err := errors.Join(err, conn.Send(v), conn.Send(v)); err != nil {
		panic(err)
	}
}

// pose claims a service, leaves the socket to a child, and becomes a program that
// may have the service: all before the daemon looks.
func pose(c *net.UnixConn) {
	if err := wire.NewConn(c).Send(&wire.Hello{Services: []wire.Service{{Name: "s"}}}); err != nil {
		panic(err)
	}
	raise("answer", c)
	execute(c)
}

// speak says that it is there, and sends a message on descriptor 3 when it is told to.
func speak(m wire.Message, sequence uint32) {
	fmt.Println("here")
	await()
	c, err := net.FileConn(os.NewFile(3, "socket"))
	if err != nil {
		panic(err)
	}
	b, err := wire.Encode(m, sequence)
	if err == nil {
		_, err = c.Write(b)
	}
	if err != nil {
		panic(err)
	}
	wait()
}

// other is another process and the daemon's end of its socket.
type other struct {
	t      *testing.T
	cmd    *exec.Cmd
	say    io.WriteCloser
	hear   *bufio.Reader
	socket *net.UnixConn
}

// start starts a process with that role and accepts its connection.
func start(t *testing.T, what string) *other {
	t.Helper()
	l, err := Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	o := startAt(t, l, what)
	if o.socket, err = l.AcceptUnix(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.socket.Close() })
	if err := o.socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return o
}

func startAt(t *testing.T, l *net.UnixListener, what string, tune ...func(*exec.Cmd)) (o *other) {
	t.Helper()
	var err error
	o = &other{t: t, cmd: exec.Command("/proc/self/exe")}
	o.cmd.Env = append(os.Environ(), role+"="+what+" "+l.Addr().String())
	o.cmd.Stderr = os.Stderr
	var out io.Reader
	if o.say, err = o.cmd.StdinPipe(); err == nil {
		out, err = o.cmd.StdoutPipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	o.hear = bufio.NewReader(out)
	for _, f := range tune {
		f(o.cmd)
	}
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = o.say.Close()
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
	})
	return o
}

// heard returns what it says next: first what came of its connecting.
func (o *other) heard() string {
	o.t.Helper()
	line, err := o.hear.ReadString('\n')
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// act has the process do what its role is.
func (o *other) act() {
	o.t.Helper()
	if _, err := o.say.Write([]byte("\n")); err != nil {
		o.t.Fatal(err)
	}
}

func (o *other) identify() *peer {
	o.t.Helper()
	p, err := o.tryIdentify()
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = p.Close() })
	if p.PID != o.cmd.Process.Pid {
		o.t.Fatalf("process %d is identified as %d", o.cmd.Process.Pid, p.PID)
	}
	return p
}

func (o *other) tryIdentify() (*peer, error) {
	cred, handle, err := credentials(o.socket)
	if err != nil {
		return nil, err
	}
	return identify(cred, handle)
}

// eventually waits for what must come.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
