package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/tree"
)

// factory returns the configuration of a first start, for a reset: the same first
// administrator with the same password, which a file has, and the addresses that the
// flags of this start say. Without the file a new password is made and kept in it. So
// nobody is locked out who can read that file.
func (a *Appliance) factory() (*tree.Tree, error) {
	quiet := a.cfg
	quiet.Say = func(string, ...any) {} // passwords are said once
	return initial(a.schema, &quiet)
}

// erase erases what the appliance has stored besides its configuration and the first
// administrator's password: the log of notifications, the bins of performance
// monitoring, the files that URLs name, the SSH host keys, and the certificate of gNMI. Keys in use serve on until the next start, which makes new ones.
func (a *Appliance) erase() error {
	bins := a.collector.ClearPM(pm.Selection{All: true})
	return errors.Join(a.hub.Forget(), bins, a.files.Erase(), eraseIn(filepath.Join(a.cfg.Dir, "ssh")), eraseIn(filepath.Join(a.cfg.Dir, "tls")))
}

// eraseIn removes the files in a folder.
func eraseIn(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list what is to be erased: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			errs = append(errs, fmt.Errorf("erase: %w", err))
		}
	}
	return errors.Join(errs...)
}
