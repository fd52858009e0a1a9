package datastore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// Name names a configuration datastore.
type Name uint8

// The datastores (RFC 6241 sections 5.1 and 8.3).
const (
	Running Name = iota
	Candidate
)

var names = [...]string{"running", "candidate"}

// String returns the name RFC 6241 gives the datastore.
func (n Name) String() string { return names[n] }

// Config is what a Store is made from.
type Config struct {
	Dir    string // holds the journal; made if it does not exist
	Schema *schema.Set
	Engine Engine
	// Initial returns the configuration that an empty Dir starts with; nil: none.
	Initial func() (*tree.Tree, error)
	// Complete returns a stored configuration that is not valid under the schema, which
	// may have got more modules, with what it lacks; nil: Open fails.
	Complete func(*tree.Tree) (*tree.Tree, error)
	// Rules returns what forbids a step from one running configuration to the
	// next beyond the schema's constraints; nil: nothing does. What was stored
	// once is not asked about.
	Rules  func(old, next *tree.Tree) []*Error
	Logger *slog.Logger // nil: slog.Default
	// Unmirrored lists config leafs, by schema path, that are not repeated in state.
	Unmirrored []string
	// JournalBound is the length in octets, beyond that of the configuration,
	// at which the journal is folded into a snapshot; 0 is 1 MiB.
	JournalBound int64
	// History is how many commits one can go back, see [Store.History], until Keep
	// says otherwise; 0 is 50. Their records stay in the journal.
	History int
	// Factory returns the configuration to reset to, see [Store.Reset]; nil: Initial
	// does.
	Factory func() (*tree.Tree, error)
}

// Store is an open datastore. Its methods may be called by any number of
// goroutines.
type Store struct {
	cfg       Config
	validator *validate.Validator
	mirror    *mirror
	dir       io.Closer

	running     atomic.Pointer[tree.Tree]
	candidate   atomic.Pointer[tree.Tree] // nil while it is the same as running
	operational atomic.Pointer[tree.Tree]
	pending     atomic.Pointer[pending] // nil while no confirmed commit waits
	stateMu     sync.Mutex              // held to change operational

	watchers  watchers
	observers observers[Change]
	confirmed observers[Confirmed]
	locks     locks
	parts     partialLocks
	privates  privates
	factory   factory
	history   history
	stats     stats
	trouble   atomic.Pointer[error] // of the last change that was to be stored

	// writer holds a token while somebody changes what follows, running, the
	// candidate, or a lock.
	writer     chan struct{}
	closed     bool
	valid      *validate.State // running's
	log        *journal.Log
	editor     uint32      // session that last changed the candidate
	expiry     *time.Timer // of pending
	compactAt  int64
	compacting bool
	background sync.WaitGroup
}

// Open reads the configuration from the directory, or starts it with Initial,
// and has the engine put it in force. A *journal.CorruptError says that the
// directory was damaged; another process that has it is named.
func Open(cfg Config) (*Store, error) {
	dir, err := journal.OpenDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s, err := open(cfg, dir)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	s.dir = dir
	return s, nil
}

// open is Open in a directory that is taken already.
func open(cfg Config, fs journal.FS) (*Store, error) {
	m, err := newMirror(cfg.Schema, cfg.Unmirrored)
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.JournalBound == 0 {
		cfg.JournalBound = 1 << 20
	}
	if cfg.History <= 0 {
		cfg.History = 50
	}
	s := &Store{
		cfg: cfg, validator: validate.New(cfg.Schema), mirror: m,
		writer:  make(chan struct{}, 1),
		history: history{keep: cfg.History},
	}
	waiting, err := s.recover(fs)
	if err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	s.writer <- struct{}{}
	defer s.release()
	s.observers.keep(true)
	s.confirmed.keep(true)
	s.resume(waiting)
	s.observers.keep(false)
	s.confirmed.keep(false)
	return s, nil
}

// start puts the configuration that was recovered in force.
func (s *Store) start() error {
	running := s.valid.Tree
	empty := tree.New(s.cfg.Schema)
	commit, _, err := s.cfg.Engine.Prepare(context.Background(), Change{
		Old: empty, New: running, Changes: tree.Diff(empty, running), Actor: Actor{Protocol: "startup"},
	})
	if err != nil {
		return fmt.Errorf("put the stored configuration in force: %w", err)
	}
	s.running.Store(running)
	s.operational.Store(s.mirror.operational(running))
	commit()
	return nil
}

// Close waits for the writer at work, refuses all others from then on, and lets
// the directory go.
func (s *Store) Close() error {
	s.writer <- struct{}{}
	wasClosed := s.closed
	s.closed = true
	if s.expiry != nil {
		s.expiry.Stop()
	}
	<-s.writer
	if wasClosed {
		return nil
	}
	s.background.Wait()
	err := s.log.Close()
	if s.dir != nil {
		err = errors.Join(err, s.dir.Close())
	}
	return err
}

// Running returns the running configuration.
func (s *Store) Running() *tree.Tree { return s.running.Load() }

// Candidate returns the candidate configuration that sessions share.
func (s *Store) Candidate() *tree.Tree {
	if c := s.candidate.Load(); c != nil {
		return c
	}
	return s.running.Load()
}

// Config returns the configuration in that datastore, of which the candidate is the
// one that sessions share.
func (s *Store) Config(name Name) *tree.Tree {
	if name == Candidate {
		return s.Candidate()
	}
	return s.Running()
}

// Operational returns the running configuration and the state in one tree.
func (s *Store) Operational() *tree.Tree { return s.operational.Load() }

// acquire makes the caller the writer; it calls release when it is done.
func (s *Store) acquire(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return because(tree.TagOperationFailed, "the datastore is busy", ctx.Err())
	}
	if s.closed {
		s.release()
		return &Error{Tag: tree.TagOperationFailed, Message: "the datastore is closed: the appliance is shutting down"}
	}
	return nil
}

func (s *Store) release() { <-s.writer }
