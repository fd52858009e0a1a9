package netconf

import (
	"context"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// connection is one authenticated SSH connection with its sessions.
type connection struct {
	server *Server
	ssh    *ssh.ServerConn
	peer   Peer
	idle   time.Duration // of its sessions; zero: the server's
	every  time.Duration // between keepalive probes; not above zero: none
	tries  int           // probes without answer

	sessions sync.WaitGroup
	mu       sync.Mutex
	open     int // channels open
	unused   *time.Timer
}

// serve handles the connection's channels until it closes, and returns why it did.
func (c *connection) serve(ctx context.Context, channels <-chan ssh.NewChannel) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.every > 0 {
		go c.keepalive(ctx)
	}
	// A connection that carries nothing may not stay.
	c.unused = time.AfterFunc(c.server.limits.HelloTimeout, func() { c.ssh.Close() })
	defer c.unused.Stop()
	for offer := range channels {
		c.accept(ctx, offer)
	}
	cancel()
	c.sessions.Wait()
	return c.ssh.Wait()
}

func (c *connection) accept(ctx context.Context, offer ssh.NewChannel) {
	switch {
	case offer.ChannelType() != "session":
		offer.Reject(ssh.UnknownChannelType, "only session channels are served")
	case !c.take():
		offer.Reject(ssh.ResourceShortage, "too many sessions on this connection")
	default:
		c.sessions.Go(func() {
			leave := sync.OnceFunc(c.release)
			defer leave()
			if channel, requests, err := offer.Accept(); err == nil {
				c.serveChannel(ctx, c.placeOf(channel, leave), requests)
			}
		})
	}
}

// place is a channel that takes one of the places on its connection.
type place struct {
	ssh.Channel
	closing func()
	gone    chan struct{} // closed when the client has closed the channel
}

// placeOf returns the place of a channel; leave gives it free.
func (c *connection) placeOf(channel ssh.Channel, leave func()) place {
	p := place{Channel: channel, gone: make(chan struct{})}
	p.closing = sync.OnceFunc(func() {
		leave()
		go c.closeUnless(p.gone)
	})
	return p
}

// closeUnless closes the connection when the client does not close a channel in
// time after the server did. Until then a write to the channel goes on waiting
// (RFC 4254 section 5.3), and what belongs to the session with it.
func (c *connection) closeUnless(gone <-chan struct{}) {
	late := time.NewTimer(c.server.limits.CloseTimeout)
	defer late.Stop()
	select {
	case <-gone:
	case <-late.C:
		c.ssh.Close()
	}
}

// Close gives the place free before the client sees the channel closed.
func (p place) Close() error {
	p.closing()
	return p.Channel.Close()
}

func (c *connection) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.server.limits.SessionsPerConn {
		return false
	}
	c.open++
	c.unused.Stop()
	return true
}

func (c *connection) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open--; c.open == 0 {
		c.unused.Reset(c.server.limits.HelloTimeout)
	}
}

// serveChannel waits for the netconf subsystem to be asked for and runs the
// session in it (RFC 6242 section 3).
func (c *connection) serveChannel(ctx context.Context, channel place, requests <-chan *ssh.Request) {
	defer channel.Close()
	late := time.AfterFunc(c.server.limits.HelloTimeout, func() { channel.Close() })
	defer late.Stop()
	for request := range requests {
		if !isNetconf(request) {
			request.Reply(false, nil)
			continue
		}
		late.Stop()
		request.Reply(true, nil)
		go func() {
			ssh.DiscardRequests(requests)
			close(channel.gone)
		}()
		err := c.server.serveSession(ctx, channel, c.peer, c.idle)
		c.server.log.Debug("channel closed", "user", c.peer.User.Name, "source", c.peer.Source, "reason", err)
		return
	}
	close(channel.gone)
}

func isNetconf(r *ssh.Request) bool {
	var payload struct{ Name string }
	return r.Type == "subsystem" && ssh.Unmarshal(r.Payload, &payload) == nil && payload.Name == "netconf"
}

// keepalive closes the connection when a probe is not answered in the time of
// as many probes as may go without.
func (c *connection) keepalive(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(c.every):
		}
		dead := time.AfterFunc(time.Duration(c.tries)*c.every, func() { c.ssh.Close() })
		_, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil)
		dead.Stop()
		if err != nil {
			return
		}
	}
}
