package command

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
)

func configConfirmCommand() *command {
	return settleCommand("confirm", "make a change that waits for its confirmation one for good", "Confirmed.", (*config.Appliance).Confirm)
}

func configCancelCommand() *command {
	return settleCommand("cancel", "undo a change that waits for its confirmation", "Undone.", (*config.Appliance).Cancel)
}

// settleCommand is confirm or cancel.
func settleCommand(name, summary, done string, settle func(*config.Appliance, context.Context, string) error) *command {
	ssh, id := new(sshFlags), ""
	return &command{
		name:    name,
		summary: summary,
		about: `The change is that of the last "config load" or "config rollback" with --confirm from
this host, or the one that was told the --persist-id. "waveguard config history" tells
whether one waits.
JSON: {"` + name + `": true}.`,
		examples: []string{"waveguard config " + name, "waveguard config " + name + " --persist-id EXAMPLE"},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			flags.StringVar(&id, "persist-id", id, "`ID` of the change (default that of the last one from this host)")
		},
		run: func(ctx context.Context, s *session) error {
			c := &changing{session: s, address: ssh.netconf(s).Address}
			if id == "" {
				var err error
				if id, err = c.kept(); err != nil {
					return err
				}
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				if err := s.limited(ctx, func(ctx context.Context) error { return settle(a, ctx, id) }); err != nil {
					return err
				}
				c.forget(id)
				if s.output == forPrograms {
					return s.writeJSON(map[string]bool{name: true})
				}
				_, err := fmt.Fprintln(s.Stdout, done)
				return err
			})
		},
	}
}

// newPersistID returns what nobody can guess.
func newPersistID() string { return rand.Text() }

// idFile is where the persist-id of the last change of an appliance is kept; "" if
// there is no place for it.
func (c *changing) idFile() string {
	dir := c.Getenv("XDG_STATE_HOME")
	if home := c.Getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".local", "state")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "waveguard", "confirm-"+strings.NewReplacer("/", "_", ":", "_").Replace(c.address))
}

// keep keeps a persist-id for the commands to come. That it cannot be kept is no
// reason to give up: it is told, too. undo brings back what was kept before.
func (c *changing) keep(id string) (undo func()) {
	before, err := c.kept()
	if err != nil {
		before = ""
	}
	c.write(id)
	return func() {
		if c.forget(id); before != "" {
			c.write(before)
		}
	}
}

func (c *changing) write(id string) {
	file := c.idFile()
	if file == "" {
		return
	}
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = replaceFile(file, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, id)
			return err
		})
	}
	if err != nil {
		fmt.Fprintf(c.Stderr, "waveguard: the persist-id cannot be kept: %v\n", err)
	}
}

func (c *changing) kept() (string, error) {
	text, err := os.ReadFile(c.idFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no change of %s from this host waits for its confirmation; give --persist-id, which was told when it was made", c.address)
	}
	if err != nil {
		return "", fmt.Errorf("read the persist-id of the last change: %w; give --persist-id, which was told when it was made", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// forget removes what is kept, if it is that.
func (c *changing) forget(id string) {
	if kept, err := c.kept(); err == nil && kept == id {
		_ = os.Remove(c.idFile())
	}
}
