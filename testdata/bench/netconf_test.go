package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

// The rows of NETCONF: the same client and the same requests to each server, on
// testdata/inventory.yang and on the appliance's own mpk-security. netconfd is asked
// through its own netconf-subsystem, which sshd would start: what SSH costs is not in
// its figures. Ours is asked through a socket, which is the like, and over SSH.

// load is how many entries are in the list while it is edited and read, and how many
// transactions of one entry are made from none.
type load struct {
	entries, transactions int
	kind
}

// String names the sub-benchmarks.
func (l load) String() string { return fmt.Sprintf("%s-%d", l.name, l.entries) }

// The time that netconfd takes for a commit grows with what is there, and that for a
// reference with the square: it gets less to do, and only what both have compares.
var (
	common = []load{{1000, 100, checked}, {1000, 100, plain}, {1000, 100, policy}}
	ours   = append(common, load{10_000, 10_000, checked}, load{10_000, 10_000, plain}, load{10_000, 10_000, policy})
)

// BenchmarkNETCONF measures the servers one after another. The medians are in p50-us.
func BenchmarkNETCONF(b *testing.B) {
	for _, server := range []struct {
		name  string
		start func(b *testing.B) io.ReadWriter
		loads []load
	}{
		{"waveguard-socket", startSocket, ours},
		{"waveguard-ssh", startSSH, ours},
		{"netconfd", startNetconfd, common},
	} {
		for _, l := range server.loads {
			b.Run(fmt.Sprintf("%s/%v", server.name, l), func(b *testing.B) {
				c := &netconfClient{Framer: framing.New(server.start(b), 64<<20), load: l}
				c.hello(b)
				c.rows(b)
			})
		}
	}
}

// rows are measured in this order: the first leaves all entries.
func (c *netconfClient) rows(b *testing.B) {
	c.clear(b)
	b.Run("BulkLoad", c.benchBulkLoad)
	b.Run("EditCommit", c.benchEditCommit)
	b.Run("GetWhole", func(b *testing.B) { c.benchGet(b, c.filter("")) })
	b.Run("GetOne", func(b *testing.B) { c.benchGet(b, c.filter(c.one)) })
	b.Run(fmt.Sprintf("Transactions-%d", c.transactions), c.benchTransactions)
}

func (l load) items() string {
	var all strings.Builder
	for i := range l.entries {
		all.WriteString(l.entry(i, i))
	}
	return all.String()
}

// clear leaves what the entries refer to.
func (c *netconfClient) clear(b *testing.B) {
	b.Helper()
	c.call(b, editConfig(c.nothing))
	c.call(b, "<commit/>")
}

func (c *netconfClient) benchBulkLoad(b *testing.B) {
	all := c.edit(c.items())
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		c.clear(b)
		b.StartTimer()
		began := time.Now()
		c.call(b, all)
		c.call(b, "<commit/>")
		took = append(took, time.Since(began))
	}
	median(b, took)
}

func (c *netconfClient) benchEditCommit(b *testing.B) {
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		c.call(b, c.edit(c.entry(i*7919%c.entries, 1+i)))
		c.call(b, "<commit/>")
		took = append(took, time.Since(began))
	}
	median(b, took)
}

func (c *netconfClient) benchGet(b *testing.B, filter string) {
	var took []time.Duration
	size := 0
	for b.Loop() {
		began := time.Now()
		size = len(c.call(b, `<get-config><source><running/></source><filter type="subtree">`+filter+`</filter></get-config>`))
		took = append(took, time.Since(began))
	}
	b.ReportMetric(float64(size), "octets")
	median(b, took)
}

// benchTransactions makes entries one by one, each with its commit, from none.
func (c *netconfClient) benchTransactions(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c.clear(b)
		b.StartTimer()
		began := time.Now()
		for i := range c.transactions {
			c.call(b, c.edit(c.entry(i, i)))
			c.call(b, "<commit/>")
		}
		b.ReportMetric(time.Since(began).Seconds(), "s")
		b.ReportMetric(float64(c.transactions)/time.Since(began).Seconds(), "transactions/s")
	}
}

func median(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
}

// netconfClient is a session with one of the servers.
type netconfClient struct {
	*framing.Framer
	load
}

func (c *netconfClient) hello(b *testing.B) {
	b.Helper()
	const base = "urn:ietf:params:netconf:base:1."
	if err := c.WriteMessage([]byte(`<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>` + base + `0</capability><capability>` + base + `1</capability></capabilities></hello>`)); err != nil {
		b.Fatal(err)
	}
	hello, err := c.ReadMessage()
	if err != nil {
		b.Fatal(err)
	}
	if !strings.Contains(string(hello), base+"1<") {
		b.Fatalf("no base:1.1 in %s", hello)
	}
	c.Upgrade()
}

// call sends an operation and returns the reply, which must not be an error.
func (c *netconfClient) call(b *testing.B, operation string) []byte {
	b.Helper()
	if err := c.WriteMessage([]byte(`<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">` + operation + `</rpc>`)); err != nil {
		b.Fatal(err)
	}
	reply, err := c.ReadMessage()
	if err != nil {
		b.Fatal(err)
	}
	if strings.Contains(string(reply), "rpc-error>") {
		b.Fatalf("%.300s\n→ %.2000s", operation, reply)
	}
	return reply
}
