package command

import (
	"context"
	"flag"
	"fmt"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/yang/tree"
)

func configRollbackCommand() *command {
	ssh, change := new(sshFlags), new(changeFlags)
	return &command{
		name:    "rollback",
		args:    []string{"REVISION"},
		counts:  true,
		summary: "make running again what it was",
		about: `REVISION is a number of "config history", or -N for N revisions before the one that is
running. All of it comes back, with what others changed since; it is shown first, and
done in one transaction if you agree. The candidate stays as it is. With --confirm the
change is undone after that time, unless "config confirm" comes before.
` + changeAbout,
		examples: []string{
			"waveguard config rollback -1",
			"waveguard config rollback 41 --confirm 5m",
			"waveguard config rollback 41 --dry-run",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			change.add(flags)
		},
		run: func(ctx context.Context, s *session) error {
			point, err := pointOf(s.args[0])
			if err != nil {
				return s.misused(err.Error())
			}
			if err := change.check(s); err != nil {
				return err
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				c := &changing{session: s, flags: change, appliance: a, address: ssh.netconf(s).Address}
				return c.rollBack(ctx, point)
			})
		},
	}
}

func (c *changing) rollBack(ctx context.Context, to config.Point) error {
	var revision *tree.Tree
	var number uint64
	err := c.limited(ctx, func(ctx context.Context) (err error) {
		revision, number, err = c.appliance.Revision(ctx, to)
		return err
	})
	if err != nil {
		return err
	}
	old, err := c.running(ctx)
	if err != nil {
		return err
	}
	if c.flags.comment == "" {
		c.flags.comment = fmt.Sprintf("rollback to %d", number)
	}
	return c.change(ctx, old, revision, func(ctx context.Context, o config.Options) error {
		return c.appliance.Rollback(ctx, number, o)
	})
}
