package command

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

func configShowCommand() *command {
	ssh, datastore, defaults, format := new(sshFlags), config.Running, shownDefaults[0], ""
	return &command{
		name:     "show",
		optional: []string{"PATH"},
		summary:  "show the configuration, or what a path selects of it",
		about: `PATH is an XPath expression; a module is named by its name or by its prefix, and
need not be named at all. For people the lines are indented, the entry of a list is one
line with its keys. --format xml and --format json (RFC 7951) are what "config load"
takes; --output json is the same as --format json.`,
		examples: []string{
			"waveguard config show",
			"waveguard config show '/mpk-security/domains/domain[name=\"dashboard\"]'",
			"waveguard config show --datastore operational --format json /mpk-security/system",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			flags.StringVar(&datastore, "datastore", datastore, "`NAME` of what to show: "+strings.Join(config.Datastores, ", "))
			flags.StringVar(&defaults, "defaults", defaults, "`MODE` of RFC 6243: "+strings.Join(shownDefaults, ", "))
			flags.StringVar(&format, "format", format, "`FORMAT` to write: xml or json (default lines for people)")
		},
		run: func(ctx context.Context, s *session) error {
			if !slices.Contains(config.Datastores, datastore) {
				return s.misused("--datastore is one of " + strings.Join(config.Datastores, ", "))
			}
			if !slices.Contains(shownDefaults, defaults) {
				return s.misused("--defaults is one of " + strings.Join(shownDefaults, ", "))
			}
			style, err := s.documentStyle(format)
			if err != nil {
				return err
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				selection := config.Selection{Defaults: defaults}
				if len(s.args) > 0 {
					selection.Path = s.args[0]
				}
				t, err := s.shown(ctx, a, datastore, selection)
				if err != nil {
					return err
				}
				return s.writeDocument(t, style)
			})
		},
	}
}

// shownDefaults are the modes of RFC 6243 that can be shown; without tags, which lines
// have no place for.
var shownDefaults = []string{"explicit", "trim", "report-all"}

// documentStyle is how a configuration is written; no Format is for people.
func (s *session) documentStyle(format string) (yangtool.Style, error) {
	style := yangtool.Style{Format: yangtool.Format(format)}
	if style.Format == "" && s.output == forPrograms {
		style.Format = yangtool.JSON
	}
	if style.Format != "" && style.Format != yangtool.XML && style.Format != yangtool.JSON {
		return style, s.misused("--format is xml or json")
	}
	return style, nil
}

func (s *session) writeDocument(t *tree.Tree, style yangtool.Style) error {
	if style.Format == "" {
		return yangtool.WriteLines(s.Stdout, s.palette(), t)
	}
	return yangtool.Write(s.Stdout, t, style)
}

// shown reads what a path selects, and says on stderr if that cannot be anything.
func (s *session) shown(ctx context.Context, a *config.Appliance, datastore string, what config.Selection) (t *tree.Tree, err error) {
	if what.Path != "" {
		query, problems := a.Schema.Compiled(what.Path)
		if len(problems) > 0 {
			return nil, s.refuseExpression(problems)
		}
		for _, warning := range query.Unknown() {
			fmt.Fprintln(s.Stderr, "waveguard:", warning)
		}
	}
	err = s.limited(ctx, func(ctx context.Context) (err error) {
		t, err = a.Read(ctx, datastore, what)
		return err
	})
	return t, err
}

func (s *session) refuseExpression(problems []yangtool.Problem) error {
	if err := yangtool.WriteProblems(s.Stderr, s.palette(), problems); err != nil {
		return err
	}
	return s.misused("PATH is no XPath expression")
}
