package access_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

func TestPasswords(t *testing.T) {
	c, a := staffed(t)
	c.user("keyonly", "VIEWER", "")
	tests := []struct {
		name, user, password string
		ok                   bool
	}{
		{"right", "olga", "operator-secret", true},
		{"right again, from memory", "olga", "operator-secret", true},
		{"wrong", "olga", "admin-secret", false},
		{"empty", "olga", "", false},
		{"unknown user", "mallory", "operator-secret", false},
		{"impossible user", "No Such\x00User", "operator-secret", false},
		{"user and password run together", "olgaoperator", "-secret", false},
		{"user without a password", "keyonly", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := a.Authenticate(tt.user, tt.password, tt.name)
			switch {
			case tt.ok && (err != nil || u.Name != tt.user || u.Role() != access.Operator):
				t.Errorf("Authenticate = %v with role %v, %v", u.Name, u.Role(), err)
			case !tt.ok && (!errors.Is(err, access.ErrAuthentication) || u.Role() != access.Nobody):
				t.Errorf("Authenticate = %v, %v; want ErrAuthentication", u.Name, err)
			}
		})
	}
}

func TestVerifiedPasswordIsForgottenWhenUsersChange(t *testing.T) {
	c, a := staffed(t)
	authenticate := func(password string) error {
		_, err := a.Authenticate("olga", password, "here")
		return err
	}
	if err := authenticate("operator-secret"); err != nil {
		t.Fatal(err)
	}
	c.user("olga", "OPERATOR", "other-secret")
	if err := authenticate("operator-secret"); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("the old password: %v", err)
	}
	if err := authenticate("other-secret"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	c.remove(userPath("olga"))
	if err := authenticate("other-secret"); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("a user who is gone: %v", err)
	}
}

func TestFailuresDelayOnlyTheirSource(t *testing.T) {
	_, a := staffed(t)
	now := time.Unix(1_000_000, 0)
	a.SetClock(func() time.Time { return now })
	try := func(password, source string) error {
		_, err := a.Authenticate("olga", password, source)
		return err
	}
	var waits []time.Duration
	for range 12 {
		err := try("wrong", "attacker")
		var throttled *access.ThrottledError
		if errors.As(err, &throttled) {
			waits = append(waits, throttled.Wait)
			now = now.Add(throttled.Wait)
			err = try("wrong", "attacker")
		}
		if !errors.Is(err, access.ErrAuthentication) {
			t.Fatal(err)
		}
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256}; !slices.Equal(waits, scaled(want)) {
		t.Errorf("delays %v, want %v", waits, scaled(want))
	}
	if err := try("operator-secret", "elsewhere"); err != nil {
		t.Errorf("another source: %v", err)
	}
}

func scaled(d []time.Duration) []time.Duration {
	out := slices.Clone(d)
	for i := range out {
		out[i] *= time.Second
	}
	return out
}

func TestSuccessEndsTheDelay(t *testing.T) {
	_, a := staffed(t)
	now := time.Unix(1_000_000, 0)
	a.SetClock(func() time.Time { return now })
	for range 3 {
		a.Authenticate("olga", "wrong", "here")
	}
	if _, err := a.Authenticate("olga", "operator-secret", "here"); err == nil {
		t.Fatal("the right password was looked at during the delay")
	}
	now = now.Add(time.Second)
	if _, err := a.Authenticate("olga", "operator-secret", "here"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate("olga", "wrong", "here"); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("after a success the count starts again, but: %v", err)
	}
}

func TestKeys(t *testing.T) {
	c, a := staffed(t)
	mine, other := newKey(t), newKey(t)
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(mine)))
	key := func(line string) string {
		return fmt.Sprintf("%s/config/authorized-key[.='%s']", userPath("olga"), line)
	}
	c.put(key("this line is no key at all"), "this line is no key at all")
	if _, err := a.AuthenticateKey("olga", mine.Marshal()); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("before it was authorized: %v", err)
	}
	c.put(key(line+" olga@desk"), line+" olga@desk")
	if u, err := a.AuthenticateKey("olga", mine.Marshal()); err != nil || u.Name != "olga" {
		t.Errorf("her key: %v, %v", u.Name, err)
	}
	restricted := `from="192.0.2.1" ` + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(other)))
	c.put(key(restricted), restricted)
	for _, tt := range []struct {
		user string
		key  ssh.PublicKey
	}{{"olga", other}, {"vera", mine}, {"mallory", mine}} {
		if _, err := a.AuthenticateKey(tt.user, tt.key.Marshal()); !errors.Is(err, access.ErrAuthentication) {
			t.Errorf("%s with a key that is not authorized: %v", tt.user, err)
		}
	}
}

func newKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCertificateNamesAUser(t *testing.T) {
	_, a := staffed(t)
	if u, err := a.AuthenticateCert("vera"); err != nil || u.Role() != access.Viewer {
		t.Errorf("vera: %v, %v", u.Role(), err)
	}
	if _, err := a.AuthenticateCert("controller"); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("an unknown name: %v", err)
	}
}

type tally struct {
	mu     sync.Mutex
	events []string
}

func (l *tally) add(what, user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, what+" "+user)
}

func (l *tally) LoginSucceeded(user string, _ time.Time) { l.add("ok", user) }
func (l *tally) LoginFailed(user string, _ time.Time)    { l.add("failed", user) }

func TestRecorderHearsOfRealUsers(t *testing.T) {
	_, a := staffed(t)
	l := &tally{}
	a.Record(l)
	u, err := a.Authenticate("olga", "operator-secret", "")
	if err != nil {
		t.Fatal(err)
	}
	a.LoggedIn(u)
	a.Authenticate("olga", "wrong", "")
	a.Authenticate("mallory", "wrong", "")
	a.Record(nil)
	a.LoggedIn(u)
	if want := []string{"ok olga", "failed olga"}; !slices.Equal(l.events, want) {
		t.Errorf("recorded %q, want %q", l.events, want)
	}
}

func TestHashes(t *testing.T) {
	hash, err := access.HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := access.HashPassword("correct horse")
	if again == hash {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	// Made by the reference implementation's command, argon2 somesalt -id.
	const known = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$"
	tests := []struct {
		name, text, password string
		match, wellFormed    bool
	}{
		{"right", hash, "correct horse", true, true},
		{"wrong", hash, "correct horsf", false, true},
		{"truncated", hash[:len(hash)-2], "correct horse", false, false},
		{"no tag", known, "", false, false},
		{"another kind", strings.Replace(hash, "argon2id", "argon2i", 1), "correct horse", false, false},
		{"another version", strings.Replace(hash, "v=19", "v=16", 1), "correct horse", false, false},
		{"memory beyond reason", strings.Replace(hash, "m=64", "m=99999999", 1), "correct horse", false, false},
		{"no passes", strings.Replace(hash, "t=1", "t=0", 1), "correct horse", false, false},
		{"threads that overflow", strings.Replace(hash, "p=1", "p=257", 1), "correct horse", false, false},
		{"number not canonical", strings.Replace(hash, "t=1", "t=01", 1), "correct horse", false, false},
		{"padding", hash + "=", "correct horse", false, false},
		{"empty", "", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			match, err := access.CheckHash(tt.text, tt.password)
			if match != tt.match || (err == nil) != tt.wellFormed {
				t.Errorf("CheckHash = %t, %v; want %t, well formed: %t", match, err, tt.match, tt.wellFormed)
			}
		})
	}
}

func TestEmptyPasswordHasNoHash(t *testing.T) {
	if hash, err := access.HashPassword(""); err == nil {
		t.Errorf("HashPassword of nothing is %s", hash)
	}
}

// FuzzPasswordHash verifies against arbitrary hashes: it never panics and
// accepts only what HashPassword could have made.
func FuzzPasswordHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || strings.Contains(text, ",t=1") && !strings.Contains(text, "m=64,t=1,p=1") {
			return // bounded, but dear
		}
		if match, _ := access.CheckHash(text, "a password nobody has"); match {
			t.Errorf("%q matches", text)
		}
	})
}
