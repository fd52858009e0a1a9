package telemetry

import (
	"log/slog"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Logins counts who signed in and who was refused, in each user's state and
// nowhere else: what is said of a user goes with the user.
type Logins struct {
	store  Store
	users  tree.Path
	logger *slog.Logger
}

// NewLogins returns a counter for the users of a store.
func NewLogins(set *schema.Set, store Store, logger *slog.Logger) *Logins {
	return &Logins{store: store, users: newPaths(set).users, logger: logger}
}

// LoginSucceeded counts a user who signed in.
func (l *Logins) LoginSucceeded(user string, at time.Time) {
	l.update(user, func(u *gen.MpkSecurity_System_User) {
		*u.Logins++
		u.LastLogin = ygot.String(at.UTC().Format("2006-01-02T15:04:05Z"))
	})
}

// LoginFailed counts an attempt that was refused. Names that no user has are
// not kept: they are whatever a stranger typed.
func (l *Logins) LoginFailed(user string, _ time.Time) {
	l.update(user, func(u *gen.MpkSecurity_System_User) { *u.FailedLogins++ })
}

func (l *Logins) update(user string, change func(*gen.MpkSecurity_System_User)) {
	at := entry(l.users, user)
	err := l.store.UpdateState(func(e *tree.Editor) error {
		if e.Find(at) == nil {
			return nil
		}
		u := &gen.MpkSecurity_System_User{
			Logins: counted(e, at, "logins"), FailedLogins: counted(e, at, "failed-logins"),
		}
		change(u)
		return view.Write(e, at, nil, u) // a last login that u lacks stays
	})
	if err != nil {
		l.logger.Error("count a login", "user", user, "err", err)
	}
}

// counted returns the counter of that name in a user's state, zero if it is not
// there yet.
func counted(e *tree.Editor, user tree.Path, name string) *uint64 {
	state := user.Schema().Child(module, "state")
	at := append(user[:len(user):len(user)], schema.PathStep{Node: state}, schema.PathStep{Node: state.Child(module, name)})
	n := uint64(0)
	if leaf, ok := e.Find(at).(*tree.Leaf); ok {
		n, _ = leaf.Value().Uint()
	}
	return &n
}
