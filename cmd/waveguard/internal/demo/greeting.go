package demo

import (
	"io"
	"net"
	"net/netip"
	"regexp"
	"sync"
)

// greeted is what the daemon says when it listens: its configuration decides
// where, whatever its flags are.
var greeted = regexp.MustCompile(`NETCONF over SSH on (.+), gNMI over TLS on (.+)\n`)

// noAddress is what the daemon says in the place of an address that it does not have.
const noAddress = "no address"

// greeting passes on what the daemon says, and reads where it listens.
type greeting struct {
	to io.Writer

	mu            sync.Mutex
	said          []byte // until it greeted
	netconf, gnmi string // host and port, "no address", or "" before it greeted
}

func (g *greeting) Write(p []byte) (int, error) {
	g.mu.Lock()
	if g.gnmi == "" {
		g.said = append(g.said, p...)
		if words := greeted.FindSubmatch(g.said); words != nil {
			g.netconf, g.gnmi, g.said = dialable(string(words[1])), dialable(string(words[2])), nil
		}
	}
	g.mu.Unlock()
	return g.to.Write(p)
}

// addresses returns where to reach the daemon, "" before it greeted.
func (g *greeting) addresses() (netconf, gnmi string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.netconf, g.gnmi
}

// dialable is an address to connect to, for one to listen at.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
