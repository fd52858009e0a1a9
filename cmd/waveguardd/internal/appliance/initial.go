package appliance

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

//go:embed default-policy.json
var defaultPolicy []byte

// initial returns the configuration of a first start: the demonstration's
// policy, whose services may be claimed by the operator's command that stands
// beside the daemon, run by the daemon's user, one administrator, and where to
// listen.
func initial(set *schema.Set, c *Config) (*tree.Tree, error) {
	t, err := json.Decode(set, defaultPolicy, json.DecodeOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the default policy: %w", err)
	}
	b := &initialBuilder{set: set, editor: t.Edit()}
	b.matchServices()
	if err := b.addUser(c); err != nil {
		return nil, err
	}
	if err := b.addServer(c.flags().orDefault()); err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, b.err
	}
	return c.withModelsData(set, b.editor.Tree())
}

type initialBuilder struct {
	set    *schema.Set
	editor *tree.Editor
	err    error
}

func (b *initialBuilder) leaf(path, value string) {
	if b.err != nil {
		return
	}
	p, err := b.set.ParsePath(path)
	if err != nil {
		b.err = fmt.Errorf("default %s: %w", path, err)
		return
	}
	n := p[len(p)-1].Node
	v, err := n.ParseValue(value)
	if err != nil {
		b.err = fmt.Errorf("default %s: %w", path, err)
		return
	}
	b.err = b.editor.SetLeaf(p, v)
}

func (b *initialBuilder) matchServices() {
	for _, name := range []string{"path-computation", "wavelength-assignment", "key-store", "performance-monitoring", "dashboard"} {
		at := "/mpk-security:mpk-security/services/service[name='" + name + "']/config/"
		b.leaf(at+"uid", strconv.Itoa(os.Getuid()))
		if path := sibling("waveguard"); path != "" {
			b.leaf(at+"executable", path)
		}
	}
}

// checkName says whether a user can have that name.
func (b *initialBuilder) checkName(name string) error {
	n, err := b.set.Find("/mpk-security:mpk-security/system/users/user/name")
	if err != nil {
		return err
	}
	if _, err := n.ParseValue(name); err != nil {
		return fmt.Errorf("the first administrator cannot be called %q: %w", name, err)
	}
	return nil
}

// sibling returns the path of the executable of that name beside this one, as
// the kernel will report it; "" when there is none.
func sibling(name string) string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return ""
	}
	path, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(self), name))
	if err != nil {
		return ""
	}
	return path
}

func (b *initialBuilder) addUser(c *Config) error {
	if err := b.checkName(c.InitUser); err != nil {
		return fmt.Errorf("%w; choose another name with --init-user", err)
	}
	password, made, err := c.password()
	if err != nil {
		return err
	}
	hash, err := access.HashPassword(password)
	if err != nil {
		return fmt.Errorf("hash the administrator's password: %w", err)
	}
	at := "/mpk-security:mpk-security/system/users/user[name='" + c.InitUser + "']/config/"
	b.leaf(at+"name", c.InitUser)
	b.leaf(at+"role", "ADMINISTRATOR")
	b.leaf(at+"password-hash", hash)
	if b.err != nil {
		return b.err
	}
	if made {
		c.Say("administrator %s, password %s (said once; kept in %s)", c.InitUser, password, c.passwordFile())
		return nil
	}
	c.Say("administrator %s, password as in the file given", c.InitUser)
	return nil
}
