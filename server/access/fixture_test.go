package access_test

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

func TestMain(m *testing.M) {
	defer access.Cheap()()
	os.Exit(m.Run())
}

var modelSet = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{})
})

// config is a running configuration that tests change leaf by leaf.
type config struct {
	t       testing.TB
	set     *schema.Set
	current atomic.Pointer[tree.Tree]
}

func newConfig(t *testing.T) *config {
	t.Helper()
	set, err := modelSet()
	if err != nil {
		t.Fatal(err)
	}
	c := &config{t: t, set: set}
	c.current.Store(tree.New(set))
	return c
}

func (c *config) running() *tree.Tree { return c.current.Load() }

// path reads a path below /mpk-security:mpk-security/.
func (c *config) path(text string) tree.Path {
	c.t.Helper()
	p, err := c.set.ParsePath("/mpk-security:mpk-security" + text)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *config) put(text, value string) {
	c.t.Helper()
	p := c.path(text)
	v, err := p.Schema().ParseValue(value)
	if err != nil {
		c.t.Fatal(err)
	}
	ed := c.running().Edit()
	if err := ed.SetLeaf(p, v); err != nil {
		c.t.Fatal(err)
	}
	c.current.Store(ed.Tree())
}

func (c *config) remove(text string) {
	c.t.Helper()
	ed := c.running().Edit()
	if found, err := ed.DeletePath(c.path(text)); err != nil || !found {
		c.t.Fatalf("delete %s: %t, %v", text, found, err)
	}
	c.current.Store(ed.Tree())
}

func userPath(name string) string { return "/system/users/user[name='" + name + "']" }

func (c *config) user(name, role, password string) {
	c.t.Helper()
	c.put(userPath(name)+"/config/name", name)
	c.put(userPath(name)+"/config/role", role)
	if password == "" {
		return
	}
	hash, err := access.HashPassword(password)
	if err != nil {
		c.t.Fatal(err)
	}
	c.put(userPath(name)+"/config/password-hash", hash)
}

// staffed returns an authority over one user of each role.
func staffed(t *testing.T) (*config, *access.Authority) {
	c := newConfig(t)
	c.user("root", "ADMINISTRATOR", "admin-secret")
	c.user("olga", "OPERATOR", "operator-secret")
	c.user("vera", "VIEWER", "viewer-secret")
	c.put("/system/config/name", "node-1")
	c.put("/domains/domain[name='a']/config/id", "1")
	return c, access.New(c.running)
}

func signIn(t *testing.T, a *access.Authority, name string) access.User {
	t.Helper()
	u, err := a.AuthenticateCert(name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
