package appliance

import (
	"path/filepath"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/files"
	"github.com/optical-net/waveguard/yang/tree"
)

// openFiles opens the folder of configurations that clients name by URL.
func (a *Appliance) openFiles() (err error) {
	a.files, err = files.Open(filepath.Join(a.cfg.Dir, "files"), func() files.Policy { return files.PolicyOf(a.store.Running()) })
	return err
}

func (a *Appliance) filesState() tree.Node { return a.files.State(a.schema) }

// rules are what forbids a configuration beyond the schema's constraints.
func rules(old, next *tree.Tree) []*tree.Error {
	return append(access.Check(old, next), files.Check(next)...)
}
