package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

func learnCommand() *command {
	ssh, change, l := new(sshFlags), new(changeFlags), &learnFlags{options: learn.Options{Headroom: 2}}
	return &command{
		name:    "learn",
		outputs: []format{forNetconf},
		summary: "propose the least policy that permits the calls that were observed",
		about: `Calls are observed between all domains, whatever policy says of them. Those by a
domain whose enforcement-mode is PERMISSIVE pass; with --domain, learn from the calls
of these domains alone. Proposed are transitions with exactly the operations that were
seen: new ones for calls that were tolerated, narrower ones for those that are
configured. What an entry denies stays denied, what was refused stays refused, and
what could not be learned is said. Rates and times are known only of calls that were
metered and timed: --include-limits proposes limits where they are.
Nothing is changed without --commit, which checks, shows and asks as "config load" does.
--output edit-config writes the <config> of an edit-config.
JSON: {"differences", "notes", "changed", "confirm-by", "persist-id"}; the last two are
there with --confirm. With --reset it is {"reset": true}.`,
		examples: []string{
			"waveguard learn",
			"waveguard learn --domain dashboard --include-limits --headroom 1.5",
			"waveguard learn --domain dashboard --enforce --commit --confirm 5m",
			"waveguard learn --record today.json",
			"waveguard learn --reset --domain dashboard",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			change.add(flags)
			l.add(flags)
		},
		run: func(ctx context.Context, s *session) error {
			if err := l.check(s, change); err != nil {
				return err
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				r := &learning{changing: changing{session: s, flags: change, appliance: a, address: ssh.netconf(s).Address}, learnFlags: l}
				if l.reset {
					return r.forget(ctx)
				}
				return r.run(ctx)
			})
		},
	}
}

// learnFlags say what to learn, and what to do with it.
type learnFlags struct {
	options          learn.Options
	observed, record string
	reset, commit    bool
	files            fileFlags
}

func (l *learnFlags) add(flags *flag.FlagSet) {
	flags.Func("domain", "`NAME` of a domain to learn from; may be repeated (default all)", func(name string) error {
		l.options.Domains = append(l.options.Domains, name)
		return nil
	})
	flags.Func("since", "`TIME` since which a pair must have been seen: a length as 2h, or as 2026-11-25T12:00:00Z (default any)", l.setSince)
	flags.BoolVar(&l.options.Limits, "include-limits", l.options.Limits, "propose max-rate and max-dwell-time from what was measured")
	flags.Func("headroom", "`FACTOR` by which limits exceed what was measured (default 2)", l.setHeadroom)
	flags.BoolVar(&l.options.Refused, "include-refused", l.options.Refused, "grant what was tried and refused, too")
	flags.BoolVar(&l.options.Prune, "prune", l.options.Prune, "remove transitions that were not used")
	flags.BoolVar(&l.options.Enforce, "enforce", l.options.Enforce, "set enforcement-mode of permissive domains to ENFORCING")
	flags.BoolVar(&l.commit, "commit", l.commit, "make the change, after asking")
	flags.StringVar(&l.observed, "observed", l.observed, "`FILE` of --record to learn from (default what the appliance observed)")
	flags.StringVar(&l.record, "record", l.record, "`FILE` to save what was observed to, .json or .xml, for --observed")
	flags.BoolVar(&l.reset, "reset", l.reset, "forget what was observed, to observe anew")
}

func (l *learnFlags) setSince(text string) (err error) {
	if l.options.Since, err = time.Parse(time.RFC3339, text); err == nil {
		return nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago <= 0 {
		return errors.New("it is a length of time such as 2h, or a time such as 2026-11-25T12:00:00Z")
	}
	l.options.Since = time.Now().Add(-ago)
	return nil
}

func (l *learnFlags) setHeadroom(text string) (err error) {
	l.options.Headroom, err = strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || l.options.Headroom < 1 || math.IsInf(l.options.Headroom, 0) || math.IsNaN(l.options.Headroom) {
		return errors.New("it is a number of 1 or more, such as 2 or 1.5")
	}
	return nil
}

func (l *learnFlags) check(s *session, change *changeFlags) error {
	switch {
	case l.reset && (l.commit || l.record != "" || l.observed != ""):
		return s.misused("--reset forgets what was observed; learn first, in a command of its own")
	case !l.commit && (change.yes || change.confirm > 0 || change.dryRun || change.comment != ""):
		return s.misused("--yes, --confirm, --dry-run and --comment go with --commit")
	case l.commit && s.output == forNetconf:
		return s.misused("--output edit-config shows a change; it does not go with --commit")
	case l.commit:
		return change.check(s)
	}
	return nil
}

// learning is one run of learn.
type learning struct {
	changing
	*learnFlags
}

func (l *learning) forget(ctx context.Context) error {
	if len(l.options.Domains) > 0 {
		policy, err := l.running(ctx)
		if err != nil {
			return err
		}
		if err := learn.CheckDomains(policy, l.options.Domains); err != nil {
			return err
		}
	}
	err := l.limited(ctx, func(ctx context.Context) error { return l.appliance.ResetObservations(ctx, l.options.Domains) })
	if err != nil {
		return err
	}
	if l.output == forPrograms {
		return l.writeJSON(map[string]bool{"reset": true})
	}
	_, err = fmt.Fprintln(l.Stdout, "Forgotten; calls are observed anew.")
	return err
}

func (l *learning) run(ctx context.Context) error {
	old, err := l.running(ctx)
	if err != nil {
		return err
	}
	observation, err := l.observation(ctx, l.appliance, l.learnFlags)
	if err != nil {
		return err
	}
	proposal, err := learn.Propose(old, observation, l.options)
	if err != nil {
		return err
	}
	l.notes = proposal.Notes
	if l.learnFlags.commit {
		if l.flags.comment == "" {
			l.flags.comment = shortened("learn " + strings.Join(l.options.Domains, " "))
		}
		return l.change(ctx, old, proposal.Policy, func(ctx context.Context, o config.Options) error {
			return l.appliance.Change(ctx, old, proposal.Policy, o)
		})
	}
	return l.propose(old, proposal, observation)
}

// propose shows a proposal that is not to be made.
func (l *learning) propose(old *tree.Tree, p *learn.Proposal, o *learn.Observation) error {
	differences := append([]yangtool.Difference{}, yangtool.Compare(old, p.Policy)...)
	switch l.output {
	case forNetconf:
		return yangtool.WriteEdit(l.Stdout, old, p.Policy)
	case forPrograms:
		return l.writeJSON(&outcome{Differences: differences, Notes: p.Notes})
	}
	if err := yangtool.WriteDifferences(l.Stdout, l.palette(), differences); err != nil {
		return err
	}
	if err := l.writeNotes(); err != nil {
		return err
	}
	said := "Nothing was changed; --commit makes the change."
	if len(differences) == 0 {
		said = "There is nothing to change."
	}
	_, err := fmt.Fprintf(l.Stdout, "%s\n%s\n", coverage(o), said)
	return err
}

// coverage says what a proposal was learned from.
func coverage(o *learn.Observation) string {
	calls := uint64(0)
	for i := range o.Pairs {
		calls += o.Pairs[i].Passed() + o.Pairs[i].Denied
	}
	since := ""
	if !o.Since.IsZero() {
		since = " since " + moment(&o.Since)
	}
	return fmt.Sprintf("Learned from %d calls between %d pairs of domains%s. What did not happen then is not in it.", calls, len(o.Pairs), since)
}

// observation returns what was observed, and records it if that is asked for.
func (s *session) observation(ctx context.Context, a *config.Appliance, l *learnFlags) (*learn.Observation, error) {
	var t *tree.Tree
	var err error
	if l.observed != "" {
		t, err = s.recorded(a, &l.files, l.observed)
	} else {
		err = s.limited(ctx, func(ctx context.Context) (err error) {
			t, err = a.Read(ctx, config.Operational, config.Selection{Path: learn.Path})
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	o, err := learn.Observed(t)
	if err != nil || l.record == "" {
		return o, err
	}
	return o, s.record(l.record, t)
}

// recorded reads what was observed from a file.
func (s *session) recorded(a *config.Appliance, files *fileFlags, name string) (*tree.Tree, error) {
	file, err := files.read(s, name)
	if err != nil {
		return nil, err
	}
	doc, problems := a.Schema.Decode(file, true)
	if len(problems) > 0 {
		return nil, s.refuseProblems(problems)
	}
	return doc.Tree, nil
}

// record saves what was observed to a file.
func (s *session) record(name string, t *tree.Tree) error {
	ending, err := yangtool.ParseFormat(strings.TrimPrefix(filepath.Ext(name), "."))
	if err != nil || ending == yangtool.YANG {
		return s.misused("give the FILE of --record a name that ends in .json or .xml")
	}
	err = replaceFile(name, func(w io.Writer) error { return yangtool.Write(w, t, yangtool.Style{Format: ending}) })
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	_, err = fmt.Fprintf(s.Stderr, "what was observed is saved to %s\n", name)
	return err
}
