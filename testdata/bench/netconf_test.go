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
// testdata/inventory.yang. netconfd is asked through its own netconf-subsystem, which
// sshd would start: what SSH costs is not in its figures. Ours is asked through
// a socket, which is the like, and over SSH.

// entries are in the list while it is edited and read.
const entries = 10_000

// BenchmarkNETCONF measures the servers one after another. The medians are in p50-us.
func BenchmarkNETCONF(b *testing.B) {
	for _, server := range []struct {
		name  string
		start func(b *testing.B) io.ReadWriter
		// transactions are how many of one entry are made. The time of netconfd grows
		// with their square, so it makes fewer.
		transactions int
	}{
		{"waveguard-socket", startSocket, 10_000},
		{"waveguard-ssh", startSSH, 10_000},
		{"netconfd", startNetconfd, 1000},
	} {
		b.Run(server.name, func(b *testing.B) {
			c := &netconfClient{Framer: framing.New(server.start(b), 64<<20)}
			c.hello(b)
			c.rows(b, server.transactions)
		})
	}
}

// rows are measured in this order: the first leaves all entries, the last none of
// those.
func (c *netconfClient) rows(b *testing.B, transactions int) {
	c.call(b, editConfig(groupEntries()))
	c.call(b, "<commit/>")
	b.Run("BulkLoad", c.benchBulkLoad)
	b.Run("EditCommit", c.benchEditCommit)
	b.Run("GetWhole", func(b *testing.B) { c.benchGet(b, `<inventory xmlns="urn:example:inventory"/>`) })
	b.Run("GetOne", func(b *testing.B) {
		c.benchGet(b, `<inventory xmlns="urn:example:inventory"><item><name>item-005000</name></item></inventory>`)
	})
	b.Run(fmt.Sprintf("Transactions-%d", transactions), func(b *testing.B) { c.benchTransactions(b, transactions) })
}

func item(i, mtu int) string {
	return fmt.Sprintf("<item><name>item-%06d</name><group>group-%d</group><kind>%s</kind><mtu>%d</mtu><enabled>%t</enabled>"+
		"<weight>%d.5</weight><description>item number %d</description></item>",
		i, i%groups, [...]string{"PORT", "LINK", "LOOPBACK"}[i%3], mtu, i%2 == 0, i%100, i)
}

func items(n int) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(item(i, 100+i%9000))
	}
	return all.String()
}

func groupEntries() string {
	var all strings.Builder
	for i := range groups {
		fmt.Fprintf(&all, "<group><name>group-%d</name></group>", i)
	}
	return all.String()
}

func editConfig(content string) string {
	return `<edit-config><target><candidate/></target><config><inventory xmlns="urn:example:inventory" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` +
		content + `</inventory></config></edit-config>`
}

// clear deletes all items; the list of groups stays. RFC 6241 has no way to name all
// entries of a list, so the container goes.
func (c *netconfClient) clear(b *testing.B) {
	b.Helper()
	c.call(b, `<edit-config><target><candidate/></target><config><inventory xmlns="urn:example:inventory" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="replace">`+
		groupEntries()+`</inventory></config></edit-config>`)
	c.call(b, "<commit/>")
}

func (c *netconfClient) benchBulkLoad(b *testing.B) {
	all := editConfig(items(entries))
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		if c.loaded {
			c.clear(b)
		}
		c.loaded = true
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
		c.call(b, editConfig(item(i*7919%entries, 200+i%9000)))
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
func (c *netconfClient) benchTransactions(b *testing.B, n int) {
	for b.Loop() {
		b.StopTimer()
		c.clear(b)
		b.StartTimer()
		began := time.Now()
		for i := range n {
			c.call(b, editConfig(item(i, 1500)))
			c.call(b, "<commit/>")
		}
		b.ReportMetric(time.Since(began).Seconds(), "s")
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "transactions/s")
	}
}

func median(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
}

// netconfClient is a session with one of the servers.
type netconfClient struct {
	*framing.Framer
	loaded bool
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
