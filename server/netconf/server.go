package netconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/server/push"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xml"
)

// ErrTooManySessions is returned by [Server.ServeSession] when a limit of
// sessions is reached, that of all or that of the user.
var ErrTooManySessions = errors.New("too many sessions")

// Server serves NETCONF sessions. Make it with [New].
type Server struct {
	schema       *schema.Set
	store        *datastore.Store
	access       *access.Authority
	hub          *notify.Hub
	publisher    *push.Publisher
	limits       Limits
	xmlLimits    xml.Limits
	log          *slog.Logger
	config       Config
	capabilities []string
	monitor      *monitor
	library      *library // nil: none
	defaults     *defaultsIndex
	performers   *performers
	started      time.Time
	stats        statistics
	toldURLs     string // the capability :url as subscribers know it; of urlsChanged
	hall         hall
	bounds       atomic.Pointer[Bounds]

	unobserve func() // ends the notifications of changes

	// stopping ends when no request may be begun any more.
	stopping context.Context
	stop     context.CancelFunc

	mu       sync.Mutex
	sessions map[uint32]*Session
	ofUser   map[string]int // how many of the sessions are whose
	lastID   uint32
}

// New returns a server. It fails when the schema lacks a module that the
// protocol itself needs.
func New(c Config) (*Server, error) {
	s := &Server{
		schema: c.Schema, store: c.Store, access: c.Access, hub: c.Hub, config: c,
		limits:   c.Limits.withDefaults(),
		log:      c.Logger,
		library:  newLibrary(c.Schema),
		defaults: newDefaultsIndex(c.Schema.Root),
		started:  time.Now(),
		sessions: map[uint32]*Session{}, ofUser: map[string]int{},
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.xmlLimits = xml.Limits{Bytes: s.limits.MessageBytes}
	s.hall = hall{lobby: access.NewLobby(s.limits.Unauthenticated, s.log), conns: map[net.Conn]struct{}{}}
	s.Bound(Bounds{s.limits.Sessions, s.limits.UserSessions, s.limits.IdleTimeout})
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.capabilities = capabilities(c.Schema, s.library)
	s.publisher = push.New(push.Config{
		Schema: c.Schema, Store: c.Store, Access: c.Access, Hub: c.Hub, Operational: s.operational, Streams: streamNames,
		Unwatched: []*schema.Node{c.Schema.Root.Child("ietf-netconf-monitoring", "netconf-state")}, // it counts notifications
		Limits:    push.Limits{Queue: s.limits.QueuedNotification, PerReceiver: s.limits.SubscriptionsPerSession, Subscriptions: s.limits.Subscriptions},
		Logger:    s.log,
	})
	var err error
	if s.performers, err = newPerformers(c.Schema, slices.Concat(c.Operations, subscribingOperations(c.Schema))); err != nil {
		return nil, err
	}
	if s.monitor, err = newMonitor(s); err != nil {
		return nil, err
	}
	if s.library != nil {
		s.library.announce(s.schema, s.hub)
	}
	if c.Files != nil {
		s.toldURLs = urlCapability(c.Files.Schemes())
	}
	changes, stages := s.store.Observe(s.configChanged), s.store.ObserveConfirmed(s.confirmedCommit)
	s.unobserve = func() { changes(); stages() }
	return s, nil
}

// ServeSession runs one session over a stream whose peer is authenticated, and
// closes the stream. It returns why the session ended, which is never nil, or
// [ErrTooManySessions].
func (s *Server) ServeSession(ctx context.Context, stream io.ReadWriteCloser, peer Peer) error {
	return s.serveSession(ctx, stream, peer, 0)
}

// serveSession is ServeSession with an idle time of the session's own; zero: the
// server's.
func (s *Server) serveSession(ctx context.Context, stream io.ReadWriteCloser, peer Peer, idle time.Duration) error {
	session, err := s.add(ctx, stream, peer)
	if err != nil {
		s.log.Info("session refused", "user", peer.User.Name, "source", peer.Source, "reason", err)
		s.excuse(stream, err)
		stream.Close()
		return err
	}
	session.idle = cmp.Or(idle, s.bounds.Load().IdleTimeout)
	return session.run()
}

// Bounds are the limits that can change while the server serves.
type Bounds struct {
	Sessions     int           // at a time
	UserSessions int           // of one user at a time
	IdleTimeout  time.Duration // of sessions without subscription; negative: none
}

// Bound makes bounds hold for sessions that begin from now on.
func (s *Server) Bound(b Bounds) { s.bounds.Store(&b) }

func (s *Server) add(ctx context.Context, stream io.ReadWriteCloser, peer Peer) (*Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admitLocked(peer.User.Name); err != nil {
		return nil, err
	}
	session := &Session{
		server: s, id: s.freeID(), peer: peer, login: time.Now(),
		stream: stream, ended: make(chan struct{}),
	}
	output := impatient{stream, s.limits.WriteTimeout, func() { session.close(errDeaf) }}
	session.framer = framing.New(output, s.limits.MessageBytes)
	session.out = newOutbox(session.framer)
	session.receiver = s.publisher.Receiver(fmt.Sprintf("netconf-session-%d", session.id), peer.User)
	session.log = s.log.With("session", session.id, "user", peer.User.Name, "source", peer.Source)
	session.ctx, session.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(session.ctx, func() { session.close(context.Cause(session.ctx)) })
	s.sessions[session.id] = session
	s.ofUser[peer.User.Name]++
	s.stats.inSessions.Add(1)
	return session, nil
}

func (s *Server) admitLocked(user string) error {
	bounds := s.bounds.Load()
	switch {
	case s.stopping.Err() != nil:
		return errShutdown
	case len(s.sessions) >= bounds.Sessions:
		return fmt.Errorf("%w: there are %d, which is the most of all users; close one, or raise max-sessions", ErrTooManySessions, bounds.Sessions)
	case s.ofUser[user] >= bounds.UserSessions:
		return fmt.Errorf("%w: user %s has %d, which is the most of one user; close one, or raise max-sessions-per-user", ErrTooManySessions, user, s.ofUser[user])
	}
	return nil
}

// excuse tells a client why it gets no session, on the channel beside that of NETCONF if it
// has one (RFC 4254 section 5.2, extended data). One that reads nothing is cut off.
func (s *Server) excuse(stream io.Closer, why error) {
	channel, ok := stream.(interface{ Stderr() io.ReadWriter })
	if !ok {
		return
	}
	late := time.AfterFunc(s.limits.CloseTimeout, func() { stream.Close() })
	defer late.Stop()
	_, _ = fmt.Fprintf(channel.Stderr(), "waveguard: %v\n", why)
}

// freeID returns the next session-id: above zero, and not in use after the
// numbers have gone round.
//
// Preconditions: s.mu is held and fewer sessions exist than numbers.
func (s *Server) freeID() uint32 {
	for {
		s.lastID++
		if _, used := s.sessions[s.lastID]; s.lastID != 0 && !used {
			return s.lastID
		}
	}
}

// remove forgets a session that ended.
func (s *Server) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.id] != session {
		return
	}
	delete(s.sessions, session.id)
	user := session.peer.User.Name
	if s.ofUser[user]--; s.ofUser[user] == 0 {
		delete(s.ofUser, user)
	}
}

func (s *Server) session(id uint32) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

// live returns the present sessions by id.
func (s *Server) live() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.sessions), func(a, b *Session) int { return int(int64(a.id) - int64(b.id)) })
}

// Shutdown lets requests in progress end and be answered, then ends all
// sessions and connections. Those that take longer than the shutdown limit, or
// than ctx, are cut off.
// The server cannot be used again.
func (s *Server) Shutdown(ctx context.Context) {
	s.stop()
	ctx, cancel := context.WithTimeout(ctx, s.limits.ShutdownTimeout)
	defer cancel()
	all := s.live()
	for _, session := range all {
		stop := context.AfterFunc(ctx, func() { session.close(errShutdown) }) // all at once: each may take a while
		defer stop()
	}
	for _, session := range all {
		<-session.ended
	}
	s.unobserve()
	s.hall.clear()
}
