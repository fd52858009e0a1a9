package endpoints

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/optical-net/waveguard/server/netconf"
)

// caller calls one controller, as long as it is configured (RFC 8071 section 4.1).
//
//	        due, enabled            connected, signed in
//	waiting ────────────▶ calling ──────────────────────▶ serving
//	   ▲                     │ all endpoints failed           │ lost
//	   └─────────────────────┴────────────────────────────────┘
//
// A change of its configuration wakes it; a connection that serves goes on until
// it ends by itself.
type caller struct {
	endpoints *Endpoints

	mu    sync.Mutex
	want  *client // nil when the configuration is gone
	since time.Time
	woken chan struct{} // closed when want changes
	state callState
}

// callState is what is told of a caller.
type callState struct {
	connected     string // endpoint; "" while it is not
	last          string // endpoint at which it was connected last
	lastConnected time.Time
	attempts      uint64
	err           error
}

func newCaller(e *Endpoints, want *client) *caller {
	return &caller{endpoints: e, want: want, since: time.Now(), woken: make(chan struct{})}
}

// set changes what the caller is to do; nil ends it.
func (c *caller) set(want *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if want != nil && c.want != nil && want.equal(c.want) {
		return
	}
	c.want, c.since = want, time.Now()
	c.state.attempts = 0
	close(c.woken)
	c.woken = make(chan struct{})
}

func (c *caller) wanted() (want *client, since time.Time, woken <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.want, c.since, c.woken
}

// note changes what is told of the caller.
func (c *caller) note(change func(*callState)) {
	c.mu.Lock()
	change(&c.state)
	c.mu.Unlock()
	c.endpoints.touch()
}

func (c *caller) told() callState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// run calls the controller until its configuration is gone or ctx ends.
func (c *caller) run(ctx context.Context, server *netconf.Server) {
	failures, called := 0, time.Time{} // under the configuration of that time
	for ctx.Err() == nil {
		want, since, woken := c.wanted()
		switch {
		case want == nil:
			return
		case !want.calls():
			wait(ctx, woken, -1)
			continue
		case want.periodic && !wait(ctx, woken, max(0, time.Until(want.due(time.Now(), since, called.Equal(since))))):
			continue
		}
		r := &round{caller: c, want: want, woken: woken, server: server, failures: failures}
		r.run(ctx)
		failures, called = r.failures, since
	}
}

// wait returns true after a time, and false when ctx ends or the configuration
// changes before; a negative time has no end.
func wait(ctx context.Context, woken <-chan struct{}, d time.Duration) bool {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-woken:
	case <-ctx.Done():
	}
	return false
}

// round is one way through the endpoints of a controller.
type round struct {
	caller   *caller
	want     *client
	woken    <-chan struct{}
	server   *netconf.Server
	failures int // in a row
}

// run tries the endpoints until one connected, and its connection ended, or all
// have failed.
func (r *round) run(ctx context.Context) {
	for _, t := range r.want.order(r.caller.told().last) {
		for range r.want.maxAttempts {
			if r.failures > 0 && !wait(ctx, r.woken, r.want.pause(r.failures)) {
				return
			}
			if r.attempt(ctx, t) {
				return
			}
		}
	}
}

// steady is how long a connection has to last to count as a success: one that
// ends before is called again with growing pauses.
const steady = 5 * time.Second

var errEnded = errors.New("the connection ended")

// attempt calls the controller at one endpoint, and serves the connection until
// it ends. It says whether the controller signed in.
func (r *round) attempt(ctx context.Context, t target) (signedIn bool) {
	r.caller.note(func(s *callState) { s.attempts++ })
	conn, err := r.dial(ctx, t.address)
	if err != nil {
		r.failures++
		r.caller.note(func(s *callState) { s.err = err })
		return false
	}
	var began time.Time
	// When ctx ends, the server lets requests in progress end first.
	err = r.server.Call(context.WithoutCancel(ctx), &netconf.Link{
		Conn: conn, Transport: r.caller.endpoints.settings().transport(r.want.transport), IdleTimeout: r.want.idle,
		SignedIn: func(string) {
			began, signedIn = time.Now(), true // before Call returns
			r.caller.note(func(s *callState) {
				s.connected, s.last, s.lastConnected, s.err = t.name, t.name, began, nil
			})
		},
	})
	if signedIn && err != nil {
		err = fmt.Errorf("%w: %w", errEnded, err)
	} else if err == nil {
		err = errEnded
	}
	r.failures++
	if signedIn && (r.want.periodic || time.Since(began) >= steady) {
		r.failures = 0
	}
	r.caller.note(func(s *callState) { s.connected, s.err = "", err })
	return signedIn
}

// dial connects to an address; a change of the configuration ends it.
func (r *round) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, r.want.maxWait)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-r.woken:
			cancel()
		case <-over:
		}
	}()
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}
