package demo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

const (
	startTime = 60 * time.Second // for the daemon or the node to start
	askTime   = 2 * time.Second
	askPause  = 100 * time.Millisecond
)

// demonstration is what runs.
type demonstration struct {
	Config
	greeting     greeting // of the daemon
	daemon, node *child
	daemonGone   bool // it ended; one that came after is not ours
	attached     bool // as last told
}

// Run starts the daemon and the node, and stops both when the context ends or
// the duration is over, which is no error.
func Run(ctx context.Context, config Config) error {
	if err := config.absolute(); err != nil {
		return err
	}
	if err := config.prepare(); err != nil {
		return err
	}
	if config.Duration > 0 {
		limited, cancel := context.WithTimeout(ctx, config.Duration)
		defer cancel()
		ctx = limited
	}
	d := &demonstration{Config: config, greeting: greeting{to: config.Out}}
	defer d.stop()
	if err := d.startDaemon(ctx); err != nil || ctx.Err() != nil {
		return unlessOver(ctx, err)
	}
	if err := d.startNode(ctx); err != nil || ctx.Err() != nil {
		return unlessOver(ctx, err)
	}
	if err := d.introduce(ctx); err != nil {
		return unlessOver(ctx, err)
	}
	return d.observe(ctx)
}

// unlessOver drops an error that only says that the time is over.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// absolute makes paths good for other directories.
func (c *Config) absolute() (err error) {
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return fmt.Errorf("find the data directory: %w", err)
	}
	return c.findHost()
}

// startDaemon returns when the daemon answers over gNMI.
func (d *demonstration) startDaemon(ctx context.Context) (err error) {
	command := exec.Command(d.Config.daemon(), d.daemonArguments()...)
	if d.daemon, err = startChild("daemon", d.daemonLog(), &d.greeting, nil, command); err != nil {
		return err
	}
	return d.await(ctx, d.daemon, d.askDaemon)
}

// startNode returns when the node is attached.
func (d *demonstration) startNode(ctx context.Context) (err error) {
	if err := d.appoint(ctx); err != nil {
		return fmt.Errorf("tie the services to %s: %w", d.provider(), err)
	}
	command, err := d.nodeCommand()
	if err != nil {
		return err
	}
	if d.node, err = startChild("node", d.nodeLog(), d.Out, d.Out, command); err != nil {
		return err
	}
	return d.await(ctx, d.node, func(ctx context.Context) error {
		status, err := d.askNode(ctx)
		if err == nil && !status.Attached {
			err = fmt.Errorf("it is not attached: %s", status.LastError)
		}
		return err
	})
}

// await asks until there is no error, or the child ends, or it takes too long.
func (d *demonstration) await(ctx context.Context, c *child, ask func(context.Context) error) error {
	deadline := time.Now().Add(startTime)
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, appliance.ErrRefused) || errors.Is(err, errNoGNMI) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("wait for the %s to start: %w; see its log in %s", c.name, err, d.Data)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return errors.New(c.obituary())
		case <-time.After(askPause):
		}
	}
}

var (
	errSilent = errors.New("it has not said where it listens")
	errNoGNMI = errors.New("the appliance's configuration has no endpoint for gNMI, which the demonstration needs: --gnmi HOST:PORT adds one")
)

func (d *demonstration) askDaemon(ctx context.Context) error {
	_, address := d.greeting.addresses()
	switch address {
	case "":
		return errSilent
	case noAddress:
		return errNoGNMI
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	client, err := d.dial()
	if err != nil {
		return err
	}
	return errors.Join(client.Check(ctx), client.Close())
}

func (d *demonstration) askNode(ctx context.Context) (*control.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	reply, err := control.Ask(ctx, d.controlSocket(), control.Request{Command: control.CommandStatus})
	if err != nil {
		return nil, err
	}
	if reply.Status == nil {
		return nil, errors.New("the node's answer has no status in it")
	}
	return reply.Status, nil
}

// observe tells how it goes until the end.
func (d *demonstration) observe(ctx context.Context) error {
	ticks := time.NewTicker(d.Interval)
	defer ticks.Stop()
	for {
		daemonEnded := d.daemon.ended
		if d.daemonGone {
			daemonEnded = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-daemonEnded:
			if ctx.Err() == nil {
				d.mourn()
			}
		case <-d.node.ended:
			if ctx.Err() != nil {
				return nil
			}
			return errors.New(d.node.obituary())
		case <-ticks.C:
			d.summarize(ctx)
		}
	}
}

// mourn says that the daemon is gone and what that means.
func (d *demonstration) mourn() {
	d.daemonGone = true
	d.say(text.Bad, "%s", "The daemon is gone: "+d.daemon.obituary())
	d.say(text.Warn, "The services go on under the last policy. To start the daemon again, in another terminal:\n\n  %s\n",
		commandLine(d.Config.daemon(), d.daemonArguments()...))
}

// stop stops the node first, so that it says goodbye to the daemon.
func (d *demonstration) stop() {
	for _, c := range []*child{d.node, d.daemon} {
		if c != nil {
			c.stop()
		}
	}
	if d.node != nil {
		d.say(text.Plain, "Stopped.")
	}
}

func (d *demonstration) say(style text.Style, format string, args ...any) {
	fmt.Fprintln(d.Out, d.Palette.Paint(style, fmt.Sprintf(format, args...)))
}
