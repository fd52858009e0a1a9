package command

import (
	"context"
	"flag"
	"fmt"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
)

func yangXPathCommand() *command {
	data, explain := newDataFlags(), false
	return &command{
		name:    "xpath",
		args:    []string{"EXPRESSION", "FILE"},
		summary: "evaluate an XPath expression over data",
		about: `A prefix is the name of a module or the prefix it gives itself; a name without
prefix is of any module. The context is the root. Default values in use are part
of the data. YANG's functions, such as deref, are known.
JSON: {"type", "value"}, or for nodes {"type": "node-set", "nodes": [{"path",
"value", "default"}]}; with --explain {"expression", "dependencies"}.`,
		examples: []string{
			"waveguard yang xpath '//config[action=\"PERMIT\"]/source' docs/examples/policy.xml",
			"waveguard yang xpath 'count(/mpk-security/domains/domain) > 3' docs/examples/policy.json",
			"waveguard yang xpath --explain 'deref(//domain)/../name' docs/examples/policy.json",
		},
		flags: func(flags *flag.FlagSet) {
			data.add(flags)
			flags.BoolVar(&explain, "explain", explain, "tell which paths the expression depends on instead")
		},
		run: func(_ context.Context, s *session) error {
			schema, docs, err := data.load(s, s.args[1])
			if err != nil {
				return err
			}
			query, problems := schema.Compiled(s.args[0])
			if err := s.faulty(problems, "the expression is malformed"); err != nil {
				return err
			}
			for _, warning := range query.Unknown() {
				fmt.Fprintln(s.Stderr, text.PaletteFor(s.Stderr, s.Getenv).Paint(text.Warn, "warning:"), warning)
			}
			if explain {
				return s.writeExplanation(query.Explain())
			}
			answer, err := query.Evaluate(docs[0].Tree)
			if err != nil {
				return err
			}
			return s.writeAnswer(answer)
		},
	}
}

func (s *session) writeExplanation(e yangtool.Explanation) error {
	if s.output == forPrograms {
		return s.writeJSON(e)
	}
	if _, err := fmt.Fprintf(s.Stdout, "%s\ndepends on\n", e.Expression); err != nil {
		return err
	}
	for _, d := range e.Dependencies {
		if _, err := fmt.Fprintf(s.Stdout, "  %s\n", d); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) writeAnswer(a *yangtool.Answer) error {
	if s.output == forPrograms {
		return s.writeJSON(a)
	}
	if a.Type != "node-set" {
		_, err := fmt.Fprintln(s.Stdout, a.Value)
		return err
	}
	if len(a.Nodes) == 0 {
		_, err := fmt.Fprintln(s.Stderr, "Nothing is selected.")
		return err
	}
	p := s.palette()
	for _, hit := range a.Nodes {
		line := hit.Path
		if hit.Leaf {
			line += ": " + p.Paint(text.Bold, hit.Value)
		}
		if hit.Default {
			line += p.Paint(text.Faint, " (default)")
		}
		if _, err := fmt.Fprintln(s.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}
