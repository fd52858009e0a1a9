package telemetry_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry"
)

const (
	olga   = "system/users/user[name='olga']"
	logins = olga + "/state/logins"
	failed = olga + "/state/failed-logins"
	last   = olga + "/state/last-login"
)

var olgasConfig = []string{olga + "/config/name = olga", olga + "/config/role = VIEWER"}

func TestLoginsAreCounted(t *testing.T) {
	s := openStore(t, olgasConfig...)
	l := telemetry.NewLogins(viewtest.Set(t), s, slog.New(slog.DiscardHandler))
	at := time.Date(2026, 11, 23, 4, 5, 6, 0, time.FixedZone("", 3600))
	s.want(logins, "")
	l.LoginFailed("olga", at)
	s.want(logins, "0")
	s.want(failed, "1")
	s.want(last, "")
	l.LoginSucceeded("olga", at)
	l.LoginSucceeded("olga", at.Add(time.Hour))
	s.want(logins, "2")
	s.want(last, "2026-11-23T04:05:06Z")
	l.LoginFailed("olga", at.Add(2*time.Hour))
	s.want(failed, "2")
	s.want(last, "2026-11-23T04:05:06Z")
	s.want(olga+"/state/role", "VIEWER")
}

// TestLoginsOfNobody: names that strangers type leave nothing behind.
func TestLoginsOfNobody(t *testing.T) {
	s := openStore(t, olgasConfig...)
	l := telemetry.NewLogins(viewtest.Set(t), s, slog.New(slog.DiscardHandler))
	before := s.Operational()
	for _, name := range []string{"otto", "", "olga ", "]'\x00"} {
		l.LoginFailed(name, time.Now())
		l.LoginSucceeded(name, time.Now())
	}
	if s.Operational() != before {
		t.Error("the operational tree changed")
	}
}

// TestLoginsGoWithTheUser: another user of the same name begins at zero.
func TestLoginsGoWithTheUser(t *testing.T) {
	s := openStore(t, olgasConfig...)
	l := telemetry.NewLogins(viewtest.Set(t), s, slog.New(slog.DiscardHandler))
	l.LoginSucceeded("olga", time.Now())
	s.remove(olga)
	l.LoginFailed("olga", time.Now())
	s.create(olgasConfig...)
	s.want(logins, "")
	l.LoginSucceeded("olga", time.Now())
	s.want(logins, "1")
	s.want(failed, "0")
}

func TestLoginsAtOnce(t *testing.T) {
	s := openStore(t, olgasConfig...)
	l := telemetry.NewLogins(viewtest.Set(t), s, slog.New(slog.DiscardHandler))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { l.LoginSucceeded("olga", time.Now()) })
		all.Go(func() { l.LoginFailed("olga", time.Now()) })
	}
	all.Wait()
	s.want(logins, "20")
	s.want(failed, "20")
}
