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

	sessions sync.WaitGroup
	mu       sync.Mutex
	open     int // channels open
	unused   *time.Timer
}

// serve handles the connection's channels until it closes.
func (c *connection) serve(channels <-chan ssh.NewChannel) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if every := c.server.limits.KeepaliveEvery; every > 0 {
		go c.keepalive(ctx, every)
	}
	// A connection that carries nothing may not stay.
	c.unused = time.AfterFunc(c.server.limits.HelloTimeout, func() { c.ssh.Close() })
	defer c.unused.Stop()
	for offer := range channels {
		c.accept(ctx, offer)
	}
	cancel()
	c.sessions.Wait()
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
				c.serveChannel(ctx, place{channel, leave}, requests)
			}
		})
	}
}

// place is a channel that gives its place on the connection free before the
// client sees it closed.
type place struct {
	ssh.Channel
	leave func()
}

func (p place) Close() error {
	p.leave()
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
func (c *connection) serveChannel(ctx context.Context, channel ssh.Channel, requests <-chan *ssh.Request) {
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
		go ssh.DiscardRequests(requests)
		err := c.server.ServeSession(ctx, channel, c.peer)
		c.server.log.Debug("channel closed", "user", c.peer.User.Name, "source", c.peer.Source, "reason", err)
		return
	}
}

func isNetconf(r *ssh.Request) bool {
	var payload struct{ Name string }
	return r.Type == "subsystem" && ssh.Unmarshal(r.Payload, &payload) == nil && payload.Name == "netconf"
}

// keepalive closes the connection when a probe is not answered before the next
// is due.
func (c *connection) keepalive(ctx context.Context, every time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		dead := time.AfterFunc(every, func() { c.ssh.Close() })
		_, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil)
		dead.Stop()
		if err != nil {
			return
		}
	}
}
