package endpoints

import (
	"cmp"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// client is what is configured of a controller to call (RFC 8071).
type client struct {
	name      string
	enabled   bool
	transport string
	at        tree.Path // of the leaf "transport"
	targets   []target

	periodic bool
	period   time.Duration
	anchor   time.Time // zero: when the configuration was put in force
	idle     time.Duration

	startWith   string
	maxWait     time.Duration
	maxAttempts int
}

// target is where a controller waits.
type target struct{ name, address string }

// callHomePorts are those of RFC 8071 section 7.
var callHomePorts = map[string]int{"SSH": 4334, "TLS": 4335}

func readClient(name string, r reader) *client {
	config, connection, reconnect := r.in("config"), r.in("connection", "config"), r.in("reconnect", "config")
	c := &client{
		name: name, enabled: config.flag("enabled"), transport: config.text("transport"),
		at:        config.child(module, "transport").path,
		periodic:  connection.text("type") == "PERIODIC",
		startWith: reconnect.text("start-with"),
		maxWait:   seconds(reconnect.number("max-wait")), maxAttempts: reconnect.number("max-attempts"),
	}
	if c.periodic {
		c.period, c.idle = time.Duration(connection.number("period"))*time.Minute, seconds(connection.number("idle-timeout"))
		c.anchor, _ = time.Parse(time.RFC3339, connection.text("anchor-time"))
	}
	for name, e := range r.in("endpoints").entries("endpoint") {
		port := cmp.Or(e.in("config").number("port"), callHomePorts[c.transport])
		c.targets = append(c.targets, target{name, net.JoinHostPort(e.in("config").text("address"), strconv.Itoa(port))})
	}
	return c
}

// equal says whether two configurations ask for the same.
func (c *client) equal(other *client) bool {
	a, b := *c, *other
	same := slices.Equal(a.targets, b.targets) && a.anchor.Equal(b.anchor)
	return same && a.name == b.name && a.enabled == b.enabled && a.transport == b.transport && a.periodic == b.periodic &&
		a.period == b.period && a.idle == b.idle && a.startWith == b.startWith && a.maxWait == b.maxWait && a.maxAttempts == b.maxAttempts
}

// calls says whether there is somebody to call.
func (c *client) calls() bool { return c.enabled && len(c.targets) > 0 }

// order returns the targets as they are to be tried.
func (c *client) order(last string) []target {
	first := 0
	switch c.startWith {
	case "LAST_CONNECTED":
		first = max(0, slices.IndexFunc(c.targets, func(t target) bool { return t.name == last }))
	case "RANDOM_SELECTION":
		first = rand.IntN(max(1, len(c.targets)))
	}
	return slices.Concat(c.targets[first:], c.targets[:first])
}

// due returns when the next call is to be made, not before now. Without anchor,
// periods begin when the configuration was put in force, and the first call is
// made at once.
func (c *client) due(now, since time.Time, calledSince bool) time.Time {
	begin := c.anchor
	if begin.IsZero() {
		if begin = since; !calledSince {
			return now
		}
	}
	// In seconds: an anchor can be further away than a Duration reaches.
	period := int64(c.period / time.Second)
	periods := (now.Unix() - begin.Unix()) / period
	next := time.Unix(begin.Unix()+periods*period, int64(begin.Nanosecond()))
	if next.Before(now) {
		next = next.Add(c.period)
	}
	return next
}

// shortestPause is how long the first pause between two attempts can be.
const shortestPause = 200 * time.Millisecond

// pause returns how long to wait after so many failures in a row: longer each
// time, and not the same for all who lost a controller together.
func (c *client) pause(failures int) time.Duration {
	longest := min(c.maxWait, shortestPause<<min(failures, 16))
	return longest/2 + rand.N(longest/2+1)
}
