package gnmi

import (
	"net"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/server/access"
)

// quota bounds how many streams each user has.
type quota struct {
	most int

	mu    sync.Mutex
	taken map[string]int
}

// take counts a stream and returns its undo, or an error with the code
// RESOURCE_EXHAUSTED.
func (q *quota) take(user string) (release func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken[user] >= q.most {
		return nil, status.Errorf(codes.ResourceExhausted, "user %s has %d subscriptions open, which is the most; end one first", user, q.most)
	}
	if q.taken == nil {
		q.taken = map[string]int{}
	}
	q.taken[user]++
	return func() { q.release(user) }, nil
}

func (q *quota) release(user string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken[user]--; q.taken[user] == 0 {
		delete(q.taken, user)
	}
}

// limit returns a listener that has at most so many connections open, and
// accepts none while it has. They are in the lobby until somebody signs in.
func limit(l net.Listener, connections int, strangers *access.Lobby) net.Listener {
	return &limited{Listener: l, strangers: strangers, places: make(chan struct{}, connections), closed: make(chan struct{})}
}

type limited struct {
	net.Listener
	strangers *access.Lobby
	places    chan struct{}
	once      sync.Once
	closed    chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &place{conn, l.strangers.Enter(conn), sync.OnceFunc(func() { <-l.places })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// place is a connection that has a place of a limited listener.
type place struct {
	net.Conn
	guest *access.Guest
	leave func()
}

func (p *place) Close() error {
	defer p.leave()
	p.guest.Leave()
	return p.Conn.Close()
}
