package netconf

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

// idleSigner is the key of the clients that hold sessions. Both processes make it.
func idleSigner() ssh.Signer {
	signer, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		panic(err)
	}
	return signer
}

// admitKey lets idleSigner in as viewer.
func (r *rig) admitKey() {
	r.t.Helper()
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(idleSigner().PublicKey())))
	r.open("admin").mustOK(edit("running", `<system><users><user><name>viewer</name><config><authorized-key>`+line+`</authorized-key></config></user></users></system>`))
}

const idleHolder = "NETCONF_TEST_HOLD"

// TestHoldSessions is no test, but the other process of those that need one: it
// opens "connections sessions address" and holds them until its input ends.
func TestHoldSessions(t *testing.T) {
	order := os.Getenv(idleHolder)
	if order == "" {
		t.Skip("this is the other process of TestThousandSessions and BenchmarkIdleSession")
	}
	var connections, sessions int
	var addr string
	if _, err := fmt.Sscan(order, &connections, &sessions, &addr); err != nil {
		t.Fatal(err)
	}
	for range connections {
		c := must(dialSSH(addr, "viewer", ssh.PublicKeys(idleSigner())))(t)
		for range sessions {
			subsystem(t, c)
		}
	}
	fmt.Println("held")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

// hold opens sessions from another process, and returns what lets go of them.
func (r *rig) hold(connections, sessions int, addr string) (release func()) {
	r.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldSessions$", "-test.v")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %s", idleHolder, connections, sessions, addr))
	in := must(cmd.StdinPipe())(r.t)
	out := must(cmd.StdoutPipe())(r.t)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "held" {
		if strings.Contains(lines.Text(), "FAIL") || strings.Contains(lines.Text(), "_test.go") {
			r.t.Fatal(lines.Text())
		}
	}
	return func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			r.t.Error(err)
		}
	}
}

// until waits for a condition.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestThousandSessions holds that a thousand sessions, four to a connection, are
// served beside one that works, and that nothing is left of them.
func TestThousandSessions(t *testing.T) {
	r := newRig(t, Limits{UserSessions: 1024})
	r.admitKey()
	addr := r.listen()
	worker := subsystem(t, login(t, addr))
	worker.rpc(getDomains)
	before := runtime.NumGoroutine()
	connections := 250
	if testing.Short() {
		connections = 25
	}
	release := r.hold(connections, 4, addr)
	if n := len(r.live()); n < 4*connections {
		t.Errorf("%d sessions live", n)
	}
	worker.mustOK(edit("candidate", "<transitions>"+strings.Replace(transition(0, 0, "DENY"), "d0", "dashboard", -1)+"</transitions>"))
	worker.mustOK("<discard-changes/>")
	release()
	until(t, "the sessions end", func() bool { return len(r.live()) == 2 })
	until(t, "the sessions' goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// memory is what the process holds, after collections.
type memory struct{ heap, stack, resident, goroutines float64 }

func memoryNow(b *testing.B) memory {
	b.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return memory{float64(m.HeapAlloc), float64(m.StackInuse), pages * float64(os.Getpagesize()), float64(runtime.NumGoroutine())}
}

func (m memory) report(b *testing.B, before memory, sessions int) {
	per := float64(sessions)
	b.ReportMetric((m.heap-before.heap)/per/1024, "KiB-heap/session")
	b.ReportMetric((m.stack-before.stack)/per/1024, "KiB-stack/session")
	b.ReportMetric((m.resident-before.resident)/per/1024, "KiB-rss/session")
	b.ReportMetric((m.goroutines-before.goroutines)/per, "goroutines/session")
}

// BenchmarkIdleSession reports what a session that waits costs: over a plain
// stream, which is NETCONF's part, and over SSH, the clients in another process.
func BenchmarkIdleSession(b *testing.B) {
	const n = 1000
	b.Run("stream", func(b *testing.B) {
		r := newRig(b, Limits{UserSessions: n})
		r.open("admin")
		for range b.N {
			before, conns := memoryNow(b), make([]net.Conn, n)
			for i := range conns {
				conns[i] = r.openRaw()
			}
			memoryNow(b).report(b, before, n)
			for _, c := range conns {
				c.Close()
			}
			until(b, "the sessions end", func() bool { return len(r.live()) == 1 })
		}
	})
	for _, each := range []int{1, 4} {
		b.Run(fmt.Sprintf("ssh/%d", each), func(b *testing.B) {
			r := newRig(b, Limits{UserSessions: n})
			r.admitKey()
			addr := r.listen()
			for range b.N {
				before := memoryNow(b)
				release := r.hold(n/each, each, addr)
				memoryNow(b).report(b, before, n)
				release()
				until(b, "the sessions end", func() bool { return len(r.live()) == 1 })
			}
		})
	}
}

// openRaw is open of a client that keeps nothing but its connection.
func (r *rig) openRaw() net.Conn {
	r.t.Helper()
	here, there := streamPair(r.t)
	here.SetDeadline(time.Time{})
	u := must(r.users.AuthenticateCert("viewer"))(r.t)
	go r.ServeSession(context.Background(), there, Peer{u, "netconf-ssh", "192.0.2.1"})
	hello(r.t, here)
	if err := r.begun(); err != nil {
		r.t.Fatal(err)
	}
	return here
}

// hello exchanges hellos and leaves nothing buffered.
func hello(t testing.TB, stream net.Conn) {
	t.Helper()
	f := framing.New(stream, 1<<20)
	_ = must(f.ReadMessage())(t)
	if err := f.WriteMessage([]byte(hello11)); err != nil {
		t.Fatal(err)
	}
}
