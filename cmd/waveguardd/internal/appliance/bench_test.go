package appliance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// The benchmarks are the rows of DESIGN section 9 that a controller can see:
// the whole appliance in one process, a NETCONF client over SSH on loopback.

const password = "correct horse"

// start runs an appliance on free ports until the test ends.
func start(t testing.TB) *Appliance {
	t.Helper()
	a, _ := startIn(t, t.TempDir())
	return a
}

// startIn is start in a folder and with --models. The appliance ends with stop.
func startIn(t testing.TB, dir string, folders ...string) (a *Appliance, stop func()) {
	t.Helper()
	return startWith(t, Config{Dir: dir, Models: folders})
}

// startWith is start with what a configuration has of folders and models.
func startWith(t testing.TB, c Config) (a *Appliance, stop func()) {
	t.Helper()
	a, err := newWith(t, c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the appliance ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return a, stop
}

func newWith(t testing.TB, c Config) (*Appliance, error) {
	t.Helper()
	c.InitUser, c.InitPasswordFile = "admin", filepath.Join(c.Dir, "password")
	if err := os.WriteFile(c.InitPasswordFile, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Dir = filepath.Join(c.Dir, "data")
	c.NETCONF, c.GNMI = "127.0.0.1:0", "127.0.0.1:0"
	c.Logger, c.Say = slog.New(slog.DiscardHandler), func(string, ...any) {}
	return New(c)
}

// client is a NETCONF client with chunked framing (RFC 6242 section 4.2).
type client struct {
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Reader
	id  int

	hello string // the server's
}

const eom = "]]>]]>"

func dial(t testing.TB, a *Appliance) *client {
	t.Helper()
	conn, err := ssh.Dial("tcp", a.NETCONFAddr().String(), &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.Password(password)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	session, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := session.StdinPipe()
	out, _ := session.StdoutPipe()
	if err := session.RequestSubsystem("netconf"); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, in: in, out: bufio.NewReaderSize(out, 1<<16)}
	fmt.Fprint(in, `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>`+eom)
	var hello bytes.Buffer
	for !strings.HasSuffix(hello.String(), eom) {
		b, err := c.out.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		hello.WriteByte(b)
	}
	c.hello = hello.String()
	return c
}

// call sends an operation and returns the reply, which must not be an error.
func (c *client) call(operation string) []byte {
	c.t.Helper()
	reply := c.ask(operation)
	if bytes.Contains(reply, []byte("<rpc-error>")) {
		c.t.Fatalf("%.300s\n→ %.2000s", operation, reply)
	}
	return reply
}

// ask sends an operation and returns the reply, whatever it says.
func (c *client) ask(operation string) []byte {
	c.t.Helper()
	c.send(operation)
	return c.read()
}

func (c *client) send(operation string) {
	c.id++
	rpc := fmt.Sprintf(`<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="%d">%s</rpc>`, c.id, operation)
	fmt.Fprintf(c.in, "\n#%d\n%s\n##\n", len(rpc), rpc)
}

func (c *client) read() []byte {
	c.t.Helper()
	var reply []byte
	for {
		head, err := c.out.ReadString('\n')
		if err == nil && head == "\n" {
			head, err = c.out.ReadString('\n')
		}
		if err != nil {
			c.t.Fatal(err)
		}
		if head == "##\n" {
			return reply
		}
		var n int
		if _, err := fmt.Sscanf(head, "#%d\n", &n); err != nil {
			c.t.Fatalf("chunk header %q", head)
		}
		at := len(reply)
		reply = slices.Grow(reply, n)[:at+n]
		if _, err := io.ReadFull(c.out, reply[at:]); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *client) edit(config string) {
	c.t.Helper()
	c.call(`<edit-config><target><candidate/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">` +
		config + `</mpk-security></config></edit-config>`)
}

func domains(n int) string {
	var b strings.Builder
	b.WriteString("<domains>")
	for i := range n {
		fmt.Fprintf(&b, `<domain><name>d%d</name><config><name>d%d</name><id>%d</id><privilege-level>DYNAMIC</privilege-level></config></domain>`, i, i, i+100)
	}
	b.WriteString("</domains>")
	return b.String()
}

// transition is the i-th of many between side domains.
func transition(i, side, rate int) string {
	source, target := i/(side-1), i%(side-1)
	if target >= source {
		target++
	}
	return fmt.Sprintf(`<transition><source>d%d</source><target>d%d</target><config><source>d%d</source><target>d%d</target><action>PERMIT</action><max-rate>%d</max-rate></config></transition>`,
		source, target, source, target, rate)
}

func transitions(n, side int) string {
	var b strings.Builder
	b.WriteString("<transitions>")
	for i := range n {
		b.WriteString(transition(i, side, 1000))
	}
	b.WriteString("</transitions>")
	return b.String()
}

// sides has the number of domains between which so many transitions fit.
var sides = map[int]int{100: 11, 1000: 33, 10_000: 101}

func load(b *testing.B, n int) *client {
	b.Helper()
	c := dial(b, start(b))
	c.edit(domains(sides[n]))
	c.call("<commit/>")
	c.edit(transitions(n, sides[n]))
	c.call("<commit/>")
	return c
}

// BenchmarkEditCommit is edit-config and commit of one entry among 100, 1,000
// and 10,000, in turn on three appliances, so that what else the machine does
// falls on all alike. It reports the medians, and how the largest compares with
// the smallest.
func BenchmarkEditCommit(b *testing.B) {
	sizes := []int{100, 1000, 10_000}
	clients := make([]*client, len(sizes))
	for i, n := range sizes {
		clients[i] = load(b, n)
	}
	took := make([][]time.Duration, len(sizes))
	for i := 0; b.Loop(); i++ {
		for k, n := range sizes {
			began := time.Now()
			clients[k].edit("<transitions>" + transition(i%n, sides[n], 1001+i%900_000) + "</transitions>")
			clients[k].call("<commit/>")
			took[k] = append(took[k], time.Since(began))
		}
	}
	for k, n := range sizes {
		b.ReportMetric(percentile(took[k], 50), fmt.Sprintf("p50-us/%d", n))
		b.ReportMetric(percentile(took[k], 99), fmt.Sprintf("p99-us/%d", n))
	}
	b.ReportMetric(percentile(took[2], 50)/percentile(took[0], 50), "p50-10000/100")
}

// percentile returns the p-th percentile in microseconds.
func percentile(took []time.Duration, p int) float64 {
	slices.Sort(took)
	return float64(took[len(took)*p/100].Nanoseconds()) / 1e3
}

func report(b *testing.B, took []time.Duration) {
	b.ReportMetric(percentile(took, 50), "p50-us")
	b.ReportMetric(percentile(took, 99), "p99-us")
}

// BenchmarkBulkLoad is one edit-config of all entries and one commit.
func BenchmarkBulkLoad(b *testing.B) {
	const n = 10_000
	c := dial(b, start(b))
	c.edit(domains(sides[n]))
	c.call("<commit/>")
	all := transitions(n, sides[n])
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		c.edit(all)
		c.call("<commit/>")
		took = append(took, time.Since(began))
		b.StopTimer()
		c.edit(`<transitions xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`)
		c.call("<commit/>")
		b.StartTimer()
	}
	report(b, took)
}

// BenchmarkGetConfig reads all of 10,000 entries, and one by its key.
func BenchmarkGetConfig(b *testing.B) {
	const n = 10_000
	c := load(b, n)
	get := func(filter string) string {
		return `<get-config><source><running/></source><filter type="subtree"><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">` +
			filter + `</mpk-security></filter></get-config>`
	}
	for _, test := range []struct{ name, filter string }{
		{"whole", "<transitions/>"},
		{"one", "<transitions><transition><source>d50</source><target>d70</target></transition></transitions>"},
	} {
		b.Run(test.name, func(b *testing.B) {
			var took []time.Duration
			size := 0
			for b.Loop() {
				began := time.Now()
				size = len(c.call(get(test.filter)))
				took = append(took, time.Since(began))
			}
			b.ReportMetric(float64(size), "octets")
			report(b, took)
		})
	}
}
