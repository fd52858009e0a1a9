package telemetry

import (
	"log/slog"
	"sync"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Logins counts who signed in and who was refused, in each user's state.
type Logins struct {
	store  Store
	users  tree.Path
	logger *slog.Logger

	mu    sync.Mutex
	count map[string]*gen.MpkSecurity_System_User
}

// NewLogins returns a counter that starts at zero.
func NewLogins(set *schema.Set, store Store, logger *slog.Logger) *Logins {
	p := newPaths(set)
	users := p.system
	for _, name := range []string{"users", "user"} {
		users = append(users, schema.PathStep{Node: users.Schema().Child(module, name)})
	}
	return &Logins{store: store, users: users, logger: logger, count: map[string]*gen.MpkSecurity_System_User{}}
}

// LoginSucceeded counts a user who signed in.
func (l *Logins) LoginSucceeded(user string, at time.Time) {
	l.update(user, func(u *gen.MpkSecurity_System_User) {
		*u.Logins++
		u.LastLogin = ygot.String(at.UTC().Format("2006-01-02T15:04:05Z"))
	})
}

// LoginFailed counts an attempt that was refused.
func (l *Logins) LoginFailed(user string, _ time.Time) {
	l.update(user, func(u *gen.MpkSecurity_System_User) { *u.FailedLogins++ })
}

func (l *Logins) update(user string, change func(*gen.MpkSecurity_System_User)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.count[user]
	if u == nil {
		u = &gen.MpkSecurity_System_User{Logins: new(uint64), FailedLogins: new(uint64)}
		l.count[user] = u
	}
	change(u)
	at := entry(l.users, user)
	err := l.store.UpdateState(func(e *tree.Editor) error {
		if e.Find(at) == nil {
			return nil
		}
		return view.Write(e, at, nil, u)
	})
	if err != nil {
		l.logger.Error("count a login", "user", user, "err", err)
	}
}
