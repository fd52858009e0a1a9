package access

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// ErrAuthentication is what the Authenticate methods return for a user,
// password, key or name that is not right. It does not say which.
var ErrAuthentication = errors.New("access: user name or credential is wrong")

// ThrottledError is what Authenticate returns, without looking at the password,
// after too many wrong ones.
type ThrottledError struct{ Wait time.Duration }

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("access: too many failures to sign in; try again in %v", e.Wait.Round(time.Second))
}

// Recorder counts who signed in. Its methods may be called concurrently and
// must not block.
type Recorder interface {
	LoginSucceeded(user string, at time.Time)
	// LoginFailed is told only of users that exist.
	LoginFailed(user string, at time.Time)
}

// Authority knows the users. Its methods may be called by any number of
// goroutines.
type Authority struct {
	running func() *tree.Tree
	now     func() time.Time

	once  sync.Once
	nodes *model

	verified *verified
	throttle throttle
	decoy    phc // what unknown users are checked against
	turns    *turns

	decided  atomic.Pointer[policy] // the last one that decided
	counters counters

	mu       sync.Mutex
	recorder Recorder
}

// concurrentHashes bounds the memory that verifying passwords takes at once.
const concurrentHashes = 2

// New returns an authority over the users in what running returns, the running
// configuration at that moment.
func New(running func() *tree.Tree) *Authority {
	return &Authority{
		running:  running,
		now:      time.Now,
		verified: newVerified(),
		decoy:    phc{params: defaultParams, salt: make([]byte, saltLen), tag: make([]byte, tagLen)},
		turns:    newTurns(concurrentHashes),
	}
}

// Record makes r learn of sign-ins from now on; nil ends it.
func (a *Authority) Record(r Recorder) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recorder = r
}

// LoggedIn tells the Recorder that a user signed in. The protocol servers call
// it once for each session or connection, when the credential is proven.
func (a *Authority) LoggedIn(u User) { a.record(Recorder.LoginSucceeded, u.Name) }

func (a *Authority) record(what func(Recorder, string, time.Time), user string) {
	a.mu.Lock()
	r := a.recorder
	a.mu.Unlock()
	if r != nil {
		what(r, user, a.now())
	}
}

func (a *Authority) model() *model {
	a.once.Do(func() {
		set := a.running().Schema()
		a.nodes = newModel(set)
		a.nodes.marks = marksOf(set)
	})
	return a.nodes
}

// policy returns what the running configuration says now; it is made anew when
// that has changed.
func (a *Authority) policy() *policy {
	m, root := a.model(), a.running().Root()
	users, nacm := m.usersIn(root), m.nacmIn(root)
	p := a.decided.Load()
	if p == nil || p.users != users || p.nacm != nacm {
		p = newPolicy(m, users, nacm)
		a.decided.Store(p)
	}
	return p
}

func (a *Authority) users() *tree.Container { return a.model().usersIn(a.running().Root()) }

// Authenticate checks a password. Source is the address it came from. The error
// is ErrAuthentication or a *ThrottledError.
func (a *Authority) Authenticate(user, password, source string) (User, error) {
	at, digest := attempt{user, source}, a.verified.digest(user, password)
	if u, done, err := a.foregone(at, digest); done {
		return u, err
	}
	defer a.turns.take(source)()
	if u, done, err := a.foregone(at, digest); done { // by those before in the line
		return u, err
	}
	users := a.users()
	if !a.check(users, user, password) {
		a.throttle.failed(at, a.now())
		if a.model().configOf(users, user) != nil {
			a.record(Recorder.LoginFailed, user)
		}
		return User{}, ErrAuthentication
	}
	a.throttle.succeeded(at)
	a.verified.add(users, digest)
	return a.user(user), nil
}

// foregone returns the outcome of an attempt for which the hash need not be
// looked at; done is false when there is none.
func (a *Authority) foregone(at attempt, digest [32]byte) (u User, done bool, err error) {
	if a.verified.has(a.users(), digest) {
		return a.user(at.user), true, nil
	}
	if wait := a.throttle.wait(at, a.now()); wait > 0 {
		return User{}, true, &ThrottledError{wait}
	}
	return User{}, false, nil
}

// check verifies the password. A user who does not exist, or who has no
// password, costs what any other does.
func (a *Authority) check(users *tree.Container, user, password string) bool {
	hash := a.hashOf(users, user)
	known := hash != nil
	if !known {
		hash = &a.decoy
	}
	return hash.verify(password) && known
}

func (a *Authority) hashOf(users *tree.Container, user string) *phc {
	config := a.model().configOf(users, user)
	if config == nil {
		return nil
	}
	leaf, ok := config.Child(a.model().passwordHash).(*tree.Leaf)
	if !ok {
		return nil
	}
	hash, err := parsePHC(leaf.Value().String())
	if err != nil {
		return nil // a hash nobody can match
	}
	return hash
}

// AuthenticateKey checks whether a public key, in SSH wire form (RFC 4253
// section 6.6), is one of the user's. That the client has the private key, the
// caller finds out. The error is ErrAuthentication.
func (a *Authority) AuthenticateKey(user string, wire []byte) (User, error) {
	config := a.model().configOf(a.users(), user)
	if config == nil {
		return User{}, ErrAuthentication
	}
	if keys, ok := config.Child(a.model().authorizedKey).(*tree.LeafList); ok {
		for k := range keys.All() {
			if matches(k.Value().String(), wire) {
				return a.user(user), nil
			}
		}
	}
	return User{}, ErrAuthentication
}

func matches(line string, wire []byte) bool {
	key, err := parseKey(line)
	return err == nil && bytes.Equal(key.Marshal(), wire)
}

// AuthenticateCert returns the user that a client certificate's common name
// names. That the certificate is valid, the caller has verified. The error is
// ErrAuthentication.
func (a *Authority) AuthenticateCert(commonName string) (User, error) {
	if a.model().configOf(a.users(), commonName) == nil {
		return User{}, ErrAuthentication
	}
	return a.user(commonName), nil
}
