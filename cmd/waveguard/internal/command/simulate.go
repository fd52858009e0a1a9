package command

import (
	"context"
	"flag"
	"fmt"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/tree"
)

// policyFlags say which policy is meant.
type policyFlags struct {
	candidate, replace bool
	config             string
	files              fileFlags
}

func (p *policyFlags) add(flags *flag.FlagSet) {
	flags.BoolVar(&p.candidate, "candidate", p.candidate, "the policy of the candidate datastore")
	flags.StringVar(&p.config, "config", p.config, "`FILE` with the policy, as \"config load\" takes it")
	flags.BoolVar(&p.replace, "replace", p.replace, "the file is all there is, not what it changes of what is running")
}

func (p *policyFlags) check(s *session) error {
	switch {
	case p.candidate && p.config != "":
		return s.misused("--candidate and --config exclude each other")
	case p.replace && p.config == "":
		return s.misused("--replace goes with --config")
	}
	return nil
}

// read returns the policy; that of a datastore if nothing else is named.
func (p *policyFlags) read(ctx context.Context, s *session, a *config.Appliance, otherwise string) (*tree.Tree, error) {
	if p.candidate {
		otherwise = config.Candidate
	}
	if p.config == "" {
		return p.files.configuration(ctx, s, a, otherwise)
	}
	file, err := p.files.read(s, p.config)
	if err != nil {
		return nil, err
	}
	loaded, err := s.decode(a.Schema, file)
	if err != nil || p.replace {
		return loaded, err
	}
	running, err := p.files.configuration(ctx, s, a, config.Running)
	if err != nil {
		return nil, err
	}
	return a.Merged(running, loaded)
}

func simulateCommand() *command {
	ssh, policy, l, all, enforcing := new(sshFlags), new(policyFlags), new(learnFlags), false, false
	return &command{
		name:    "simulate",
		summary: "tell what a policy would have refused of the calls that were observed",
		about: `Every pair of domains and every operation that was observed is judged by the policy of
the candidate datastore, or of a file, as the gates would judge it. Rates and times are
the highest that were measured of the pair; a rate below max-rate can be refused all the
same, where calls come in bursts of more than a tenth of it. Calls are counted by pair of
domains: how many of them were of one operation is not known.
With --enforcing, no domain is taken as permissive.
Exit status 5: something that passed would be refused.
JSON: {"refused", "judgements": [{"source", "target", "operation", "outcome", "rule",
"path", "reason", "calls-passed", "calls-denied", "lost"}]}; "outcome" is PASSES,
TOLERATED, TOO_LONG, REFUSED or UNKNOWN, "refused" the number of those that are lost:
that would be refused and passed when they were observed.`,
		examples: []string{
			"waveguard simulate",
			"waveguard simulate --config policy.json --enforcing",
			"waveguard simulate --config policy.json --observed today.json --output json",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			policy.add(flags)
			flags.StringVar(&l.observed, "observed", l.observed, "`FILE` of \"learn --record\" to replay (default what the appliance observed)")
			flags.StringVar(&l.record, "record", l.record, "`FILE` to save what was observed to, .json or .xml")
			flags.BoolVar(&enforcing, "enforcing", enforcing, "judge as if every domain was ENFORCING")
			flags.BoolVar(&all, "all", all, "list what passes, too")
		},
		run: func(ctx context.Context, s *session) error {
			if err := policy.check(s); err != nil {
				return err
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				configured, err := policy.read(ctx, s, a, config.Candidate)
				if err != nil {
					return err
				}
				running, err := policy.files.configuration(ctx, s, a, config.Running)
				if err != nil {
					return err
				}
				observation, err := s.observation(ctx, a, l)
				if err != nil {
					return err
				}
				judgements, err := learn.Judge(running, configured, observation, enforcing)
				if err != nil {
					return err
				}
				return s.writeJudgements(judgements, all)
			})
		},
	}
}

func (s *session) writeJudgements(judgements []learn.Judgement, all bool) error {
	lost := 0
	for i := range judgements {
		if judgements[i].Lost {
			lost++
		}
	}
	var err error
	if s.output == forPrograms {
		err = s.writeJSON(struct {
			Refused    int               `json:"refused"`
			Judgements []learn.Judgement `json:"judgements"`
		}{lost, judgements})
	} else {
		err = s.tableJudgements(judgements, all)
	}
	if err == nil && lost > 0 {
		err = &verdictError{fmt.Sprintf("%d of %s would be refused that passed", lost, text.Counted(len(judgements), "operation"))}
	}
	return err
}

func (s *session) tableJudgements(judgements []learn.Judgement, all bool) error {
	t := text.NewTable(s.palette(), "SOURCE", "TARGET", "OPERATION", "OUTCOME", "RULE", "PASSED", "REFUSED", "WHY")
	passes := 0
	for _, j := range judgements {
		if j.Outcome == learn.Passes {
			passes++
			if !all {
				continue
			}
		}
		t.Add(plainCell(j.Source), plainCell(j.Target), plainCell(j.Operation), outcomeCell(j.Outcome), plainCell(j.Rule),
			text.Cell{Text: fmt.Sprint(j.Passed), Right: true}, text.Cell{Text: fmt.Sprint(j.Denied), Right: true}, plainCell(j.Reason))
	}
	if passes < len(judgements) || all && passes > 0 {
		if err := t.Write(s.Stdout); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.Stdout, "\nPASSED and REFUSED are the calls of the pair when it was observed."); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.Stdout, "%d of %s that were observed pass.\n", passes, text.Counted(len(judgements), "operation"))
	return err
}

func outcomeCell(o learn.Outcome) text.Cell {
	cell := text.Cell{Text: string(o), Style: text.Warn}
	switch o {
	case learn.Passes:
		cell.Style = text.Good
	case learn.Refused:
		cell.Style = text.Bad
	}
	return cell
}
