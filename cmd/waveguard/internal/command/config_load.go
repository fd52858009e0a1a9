package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

func configLoadCommand() *command {
	ssh, files, change, replace, merge := new(sshFlags), new(fileFlags), new(changeFlags), false, false
	return &command{
		name:    "load",
		args:    []string{"FILE"},
		summary: "change the configuration to what a file says",
		about: `The file is checked by the models, then by the appliance; then what would change is
shown, and done in one transaction if you agree. With --merge, the default, what the
file does not name stays; with --replace it goes, but for what you may not read. With
--confirm the change is undone after that time, unless "config confirm" comes before.
FILE is - for standard input, with --format.
` + changeAbout,
		examples: []string{
			"waveguard config load policy.json",
			"waveguard config load --replace --confirm 5m backup.xml",
			"waveguard config load --dry-run --output json policy.json",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			change.add(flags)
			flags.BoolVar(&replace, "replace", replace, "make the file all there is")
			flags.BoolVar(&merge, "merge", merge, "keep what the file does not name, which is the default")
			flags.StringVar(&files.format, "format", files.format, "`FORMAT` of a file whose name does not say it: xml or json")
		},
		run: func(ctx context.Context, s *session) error {
			if replace && merge {
				return s.misused("--replace and --merge exclude each other")
			}
			if err := change.check(s); err != nil {
				return err
			}
			if s.args[0] == "-" && !change.yes && !change.dryRun {
				return s.misused("standard input cannot both be the file and answer: give --yes or --dry-run")
			}
			text, err := files.read(s, s.args[0])
			if err != nil {
				return err
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				file, err := s.decode(a.Schema, text)
				if err != nil {
					return err
				}
				if change.comment == "" {
					change.comment = shortened("load " + filepath.Base(s.args[0]))
				}
				l := &loading{changing: changing{session: s, flags: change, appliance: a, address: ssh.netconf(s).Address}}
				return l.run(ctx, file, replace)
			})
		},
	}
}

// changeFlags say how a change is made.
type changeFlags struct {
	confirm     time.Duration
	dryRun, yes bool
	comment     string
}

const changeAbout = `JSON: {"differences", "changed", "confirm-by", "persist-id"}; "differences" are those of
"waveguard yang diff", the last two are there with --confirm. It needs --yes or --dry-run.`

func (f *changeFlags) add(flags *flag.FlagSet) {
	flags.Func("confirm", "`TIME` after which the change is undone unless it is confirmed (default: it stays)", f.setConfirm)
	flags.BoolVar(&f.dryRun, "dry-run", f.dryRun, "show what would change, and change nothing")
	flags.BoolVar(&f.yes, "yes", f.yes, "do not ask")
	flags.StringVar(&f.comment, "comment", f.comment, "`TEXT` for the history (default what the command does)")
}

// setConfirm reads the flag. No time at all is refused too: who computes the time must
// not end up with a change for good.
func (f *changeFlags) setConfirm(text string) (err error) {
	f.confirm, err = time.ParseDuration(text)
	if err != nil || f.confirm < time.Second {
		return errors.New("it is a time of a second or more, such as 5m")
	}
	return nil
}

// maxComment is the most characters that a comment can have.
const maxComment = 256

func (f *changeFlags) check(s *session) error {
	switch {
	case f.confirm.Seconds() >= 1<<32:
		return s.misused("--confirm is too long")
	case len([]rune(f.comment)) > maxComment:
		return s.misused(fmt.Sprintf("--comment has more than %d characters", maxComment))
	case s.output == forPrograms && !f.yes && !f.dryRun:
		return s.misused("a program cannot be asked: give --yes or --dry-run")
	}
	return nil
}

func shortened(comment string) string {
	if r := []rune(comment); len(r) > maxComment {
		return string(r[:maxComment])
	}
	return comment
}

// loading is one run of load.
type loading struct{ changing }

func (l *loading) run(ctx context.Context, file *tree.Tree, replace bool) error {
	old, err := l.running(ctx)
	if err != nil {
		return err
	}
	new := file
	if !replace {
		if new, err = l.appliance.Merged(old, file); err != nil {
			return err
		}
	}
	return l.change(ctx, old, new, func(ctx context.Context, o config.Options) error {
		return l.appliance.Change(ctx, old, new, o)
	})
}

// changing is a change on its way: checked, shown, agreed to, made, told.
type changing struct {
	*session
	flags     *changeFlags
	appliance *config.Appliance
	address   string
	notes     []string // for who is asked, may be none
}

func (c *changing) running(ctx context.Context) (t *tree.Tree, err error) {
	err = c.limited(ctx, func(ctx context.Context) (err error) {
		t, err = c.appliance.Read(ctx, config.Running, config.Selection{})
		return err
	})
	return t, err
}

// outcome is what became of a change.
type outcome struct {
	Differences []yangtool.Difference `json:"differences"`
	Notes       []string              `json:"notes,omitempty"`
	Changed     bool                  `json:"changed"`
	ConfirmBy   *time.Time            `json:"confirm-by,omitempty"`
	PersistID   string                `json:"persist-id,omitempty"`
}

// change has new checked in the place of old, shows what differs, and makes it so
// with commit if people agree.
func (c *changing) change(ctx context.Context, old, new *tree.Tree, commit func(context.Context, config.Options) error) error {
	o := &outcome{Differences: append([]yangtool.Difference{}, yangtool.Compare(old, new)...), Notes: c.notes}
	if len(o.Differences) == 0 {
		return c.tell(o)
	}
	if err := c.limited(ctx, func(ctx context.Context) error { return c.appliance.Check(ctx, old, new) }); err != nil {
		return err
	}
	if err := c.show(o.Differences); err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.tell(o)
	}
	if !c.flags.yes {
		if err := c.agree(ctx, fmt.Sprintf("Make %s? [y/N] ", text.Counted(len(o.Differences), "change"))); err != nil {
			return err
		}
	}
	return c.commit(ctx, o, commit)
}

// shownDifferences is how many people see before they are asked.
const shownDifferences = 200

// show shows people what would change; all of it where that is all they want.
func (c *changing) show(all []yangtool.Difference) error {
	if c.output == forPrograms {
		return nil
	}
	some, more := all, 0
	if !c.flags.dryRun && len(all) > shownDifferences {
		some, more = all[:shownDifferences], len(all)-shownDifferences
	}
	if err := yangtool.WriteDifferences(c.Stdout, c.palette(), some); err != nil {
		return err
	}
	if more > 0 {
		if _, err := fmt.Fprintf(c.Stdout, "... and %s; --dry-run shows all.\n", text.Counted(more, "change")); err != nil {
			return err
		}
	}
	return c.writeNotes()
}

// writeNotes tells people what they should know of the change.
func (c *changing) writeNotes() error {
	for _, note := range c.notes {
		if _, err := fmt.Fprintln(c.Stdout, c.palette().Paint(text.Faint, "note: "+text.Printable(note))); err != nil {
			return err
		}
	}
	return nil
}

func (c *changing) commit(ctx context.Context, o *outcome, commit func(context.Context, config.Options) error) error {
	options := config.Options{Timeout: c.flags.confirm, Comment: c.flags.comment}
	unkeep := func() {}
	if options.Timeout > 0 {
		o.PersistID = newPersistID()
		options.Persist = o.PersistID
		unkeep = c.keep(o.PersistID) // before the commit: a change that was made must not lose its key
		by := time.Now().Add(options.Timeout).Truncate(time.Second)
		o.ConfirmBy = &by
	}
	err := c.limited(ctx, func(ctx context.Context) error { return commit(ctx, options) })
	if err != nil {
		if errors.Is(err, appliance.ErrFailed) || errors.Is(err, appliance.ErrRefused) {
			unkeep()
		}
		return err
	}
	o.Changed = true
	return c.tell(o)
}

// tell says what became of the change.
func (c *changing) tell(o *outcome) error {
	if c.output == forPrograms {
		return c.writeJSON(o)
	}
	said := "In force."
	switch {
	case len(o.Differences) == 0:
		said = "Nothing differs; nothing was changed."
	case !o.Changed:
		said = "The appliance would take it. Nothing was changed."
	case o.ConfirmBy != nil:
		said = fmt.Sprintf("In force. It is undone at %s unless it is confirmed:\n  waveguard config confirm --persist-id %s\n"+
			"On this host \"waveguard config confirm\" will do; \"waveguard config cancel\" undoes it now.", when(o.ConfirmBy), o.PersistID)
	}
	_, err := fmt.Fprintln(c.Stdout, said)
	return err
}
