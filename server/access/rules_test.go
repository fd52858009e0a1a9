package access_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
)

func publicKey(t *testing.T) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestCheckUsers(t *testing.T) {
	const lockedOut = "/mpk-security:mpk-security/system/users: no administrator could sign in any more"
	key := publicKey(t)
	hashOf := func(name string) string { return userPath(name) + "/config/password-hash" }
	for _, test := range []struct {
		name   string
		change func(*config)
		want   string // "" if the change is fine; else what the error has
	}{
		{"nothing", func(*config) {}, ""},
		{"something else", func(c *config) { c.put("/system/config/name", "x") }, ""},
		{"another user goes", func(c *config) { c.remove(userPath("olga")) }, ""},
		{"the last administrator goes", func(c *config) { c.remove(userPath("root")) }, lockedOut},
		{"all users go", func(c *config) { c.remove("/system/users") }, lockedOut},
		{"everything goes", func(c *config) { c.remove("") }, lockedOut},
		{"the last administrator becomes another role", func(c *config) { c.put(userPath("root")+"/config/role", "VIEWER") }, lockedOut},
		{"the last administrator's password goes", func(c *config) { c.remove(hashOf("root")) }, lockedOut},
		{"it goes, a key comes", func(c *config) {
			c.remove(hashOf("root"))
			c.put(userPath("root")+"/config/authorized-key[.='"+key+"']", key)
		}, ""},
		{"another administrator comes", func(c *config) {
			c.remove(userPath("root"))
			c.user("ruth", "ADMINISTRATOR", "secret")
		}, ""},
		{"another administrator comes, without a credential", func(c *config) {
			c.remove(userPath("root"))
			c.user("ruth", "ADMINISTRATOR", "")
		}, lockedOut},
		{"a hash that costs too much", func(c *config) {
			c.put(hashOf("vera"), "$argon2id$v=19$m=4294967295,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
		}, "user[name='vera']/config/password-hash: password hash parameters m=4294967295,t=3,p=4 are out of bounds"},
		{"no key", func(c *config) {
			c.put(userPath("vera")+"/config/authorized-key[.='ssh-ed25519 AAAA me']", "ssh-ed25519 AAAA me")
		}, "authorized-key[.='ssh-ed25519 AAAA me']: this is no public key"},
		{"a key with options", func(c *config) {
			c.put(userPath("vera")+"/config/authorized-key[.='no-pty "+key+"']", "no-pty "+key)
		}, "options of a public key (no-pty) are not supported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := staffed(t)
			old := c.running()
			test.change(c)
			var got []string
			for _, e := range access.Check(old, c.running()) {
				got = append(got, e.Error())
			}
			if text := strings.Join(got, "\n"); (text == "") != (test.want == "") || !strings.Contains(text, test.want) {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

// TestCheckUsersWithoutAdministrators holds that a configuration which never had
// an administrator can be changed.
func TestCheckUsersWithoutAdministrators(t *testing.T) {
	c := newConfig(t)
	c.user("vera", "VIEWER", "secret")
	old := c.running()
	c.remove(userPath("vera"))
	if errs := access.Check(old, c.running()); len(errs) > 0 {
		t.Error(errs)
	}
}
