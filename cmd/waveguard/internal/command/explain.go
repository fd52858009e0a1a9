package command

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/tree"
)

func explainCommand() *command {
	ssh, policy := new(sshFlags), new(policyFlags)
	return &command{
		name:     "explain",
		args:     []string{"SOURCE", "TARGET"},
		optional: []string{"OPERATION"},
		summary:  "tell why a call of one domain into another would pass or not",
		about: `The questions that a gate asks, in its order, each with the configuration that answers
it, and what to change where the answer is no; then what was counted and observed. The
policy is the one that is running, unless --candidate or --config names another. What
policy does not decide is noted: that no process hosts both domains, or that one of them
is isolated in a process, which refuses its calls whatever the outcome here, and that a
channel takes messages from one to the other, which needs no transition.
Exit status 5: the call would be refused.
JSON: {"source", "target", "operation", "outcome", "steps": [{"rule", "path", "value",
"answer", "reason", "change"}], "counters", "observed", "notes"}; "outcome" is PASSES,
TOLERATED or REFUSED, "answer" is YES, NO, FORGIVEN, DEPENDS or NOT_ASKED.`,
		examples: []string{
			"waveguard explain dashboard key-store",
			"waveguard explain dashboard performance-monitoring summary",
			"waveguard explain dashboard key-store --candidate",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			policy.add(flags)
		},
		run: func(ctx context.Context, s *session) error {
			if err := policy.check(s); err != nil {
				return err
			}
			for _, name := range s.args[:2] {
				if !domainName.MatchString(name) {
					return s.misused(fmt.Sprintf("%q is no name of a domain", name))
				}
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error { return s.explain(ctx, a, policy) })
		},
	}
}

// domainName matches what domains can be called.
var domainName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// explained is an explanation with what there is besides policy.
type explained struct {
	*learn.Explanation
	*learn.Present
}

func (s *session) explain(ctx context.Context, a *config.Appliance, policy *policyFlags) error {
	configured, err := policy.read(ctx, s, a, config.Running)
	if err != nil {
		return err
	}
	source, target, operation := s.args[0], s.args[1], ""
	if len(s.args) > 2 {
		operation = s.args[2]
	}
	x := explained{}
	if x.Explanation, err = learn.Explain(configured, source, target, operation); err != nil {
		return err
	}
	pair := fmt.Sprintf("transition[source='%s'][target='%s']", source, target)
	what := "/mpk-security/services | /mpk-security/channels | /mpk-security/transitions/" + pair + " | /mpk-security/observation/transitions/" + pair
	var operational *tree.Tree
	err = s.limited(ctx, func(ctx context.Context) (err error) {
		operational, err = a.Read(ctx, config.Operational, config.Selection{Path: what})
		return err
	})
	if err != nil {
		return err
	}
	x.Present = learn.PresentOf(operational, source, target)
	if s.output == forPrograms {
		err = s.writeJSON(x)
	} else {
		err = x.write(s)
	}
	if err == nil && x.Outcome == learn.Refused {
		err = &verdictError{"the call would be refused"}
	}
	return err
}

func (x *explained) write(s *session) error {
	var b strings.Builder
	p := s.palette()
	call := x.Source + " -> " + x.Target
	if x.Operation != "" {
		call += " " + x.Operation
	}
	outcome := outcomeCell(x.Outcome)
	fmt.Fprintf(&b, "%s: %s\n\n", text.Printable(call), p.Paint(outcome.Style, outcome.Text))
	for _, step := range x.Steps {
		x.writeStep(&b, p, step)
	}
	b.WriteString("\n")
	if c := x.Counters; c != nil {
		fmt.Fprintf(&b, "counted: %d permitted, %d denied, %d tolerated, %d too fast, %d too long%s\n",
			c.Permitted, c.Denied, c.Tolerated, c.RateLimited, c.DwellExceeded, before(", last denied ", moment(&c.LastDenied)))
	}
	x.writeObserved(&b)
	for _, note := range x.Notes {
		fmt.Fprintf(&b, "note: %s\n", text.Printable(note))
	}
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}

// answers are signs for the answers, and how they look.
var answers = map[learn.Answer]text.Cell{
	learn.Yes: {Text: "yes", Style: text.Good}, learn.No: {Text: "NO", Style: text.Bad}, learn.Forgiven: {Text: "forgiven", Style: text.Warn},
	learn.Depends: {Text: "depends", Style: text.Warn}, learn.NotAsked: {Text: "-", Style: text.Faint},
}

func (x *explained) writeStep(b *strings.Builder, p text.Palette, step learn.Step) {
	answer := answers[step.Answer]
	fmt.Fprintf(b, "  %s  %-12s  %s\n", p.Paint(answer.Style, fmt.Sprintf("%-8s", answer.Text)), step.Rule, text.Printable(step.Reason))
	if step.Answer == learn.NotAsked {
		return
	}
	if step.Path != "" {
		value := step.Value
		if value == "" {
			value = "not set"
		}
		fmt.Fprintf(b, "            %s: %s\n", text.Printable(step.Path), text.Printable(value))
	}
	if step.Change != "" {
		fmt.Fprintf(b, "            to let it pass: %s\n", text.Printable(step.Change))
	}
}

func (x *explained) writeObserved(b *strings.Builder) {
	o := x.Observed
	if o == nil {
		b.WriteString("observed: no call\n")
		return
	}
	fmt.Fprintf(b, "observed: %d permitted, %d denied, %d tolerated, from %s to %s\n", o.Permitted, o.Denied, o.Tolerated, moment(&o.First), moment(&o.Last))
	if len(o.Operations) > 0 {
		fmt.Fprintf(b, "          operations %s\n", text.Printable(strings.Join(o.Operations, ", ")))
	}
}

// before puts words before a text, if there is one.
func before(words, s string) string {
	if s == "" {
		return ""
	}
	return words + s
}
