package command

import (
	"context"
	"flag"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
)

// styleFlags say how documents are written.
type styleFlags struct {
	to, defaults    string
	compact, pretty bool
}

func newStyleFlags() *styleFlags { return &styleFlags{defaults: yangtool.Defaults[0]} }

func (f *styleFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.to, "to", f.to, "`FORMAT` to write: xml or json (default what the first file is)")
	flags.StringVar(&f.defaults, "defaults", f.defaults, "`MODE` of RFC 6243: "+strings.Join(yangtool.Defaults, ", "))
	flags.BoolVar(&f.pretty, "pretty", f.pretty, "indent the output, which is the default")
	flags.BoolVar(&f.compact, "compact", f.compact, "put the output on one line")
}

// style returns the style for what was read in a format.
func (f *styleFlags) style(s *session, from yangtool.Format) (yangtool.Style, error) {
	style := yangtool.Style{Format: from, Defaults: f.defaults, Compact: f.compact}
	switch {
	case f.compact && f.pretty:
		return style, s.misused("--pretty and --compact exclude each other")
	case !slices.Contains(yangtool.Defaults, f.defaults):
		return style, s.misused("--defaults is one of " + strings.Join(yangtool.Defaults, ", "))
	case f.to == "":
		return style, nil
	}
	to := yangtool.Format(f.to)
	if to != yangtool.XML && to != yangtool.JSON {
		return style, s.misused("--to is xml or json")
	}
	style.Format = to
	return style, nil
}

func yangConvertCommand() *command {
	data, styles := newDataFlags(), newStyleFlags()
	return &command{
		name:    "convert",
		args:    []string{"FILE"},
		summary: "write data in another encoding, or with other defaults",
		about: `The data is checked as far as it takes to read it, not for constraints. In XML,
<data> is put around what is not one element.`,
		examples: []string{
			"waveguard yang convert --to json docs/examples/policy.xml",
			"waveguard yang convert --to xml --defaults report-all docs/examples/policy.json",
			"cat docs/examples/policy.xml | waveguard yang convert --format xml --to json --compact -",
		},
		flags: func(flags *flag.FlagSet) {
			data.add(flags)
			styles.add(flags)
		},
		run: rewritten(data, styles),
	}
}

func yangMergeCommand() *command {
	data, styles := newDataFlags(), newStyleFlags()
	return &command{
		name:     "merge",
		args:     []string{"FILE", "FILE"},
		repeated: true,
		summary:  "put data over data, as NETCONF's operation merge does",
		about: `A later file wins where several have a leaf; entries of lists are joined by key.
The result is not validated: pipe it to "waveguard yang validate".`,
		examples: []string{
			"waveguard yang merge docs/examples/policy.json docs/examples/policy-next.json",
			"waveguard yang merge docs/examples/policy.xml docs/examples/policy-next.json | waveguard yang validate --format xml -",
		},
		flags: func(flags *flag.FlagSet) {
			data.add(flags)
			styles.add(flags)
		},
		run: rewritten(data, styles),
	}
}

// rewritten reads documents and writes them as one.
func rewritten(data *dataFlags, styles *styleFlags) func(context.Context, *session) error {
	return func(_ context.Context, s *session) error {
		if _, err := styles.style(s, ""); err != nil {
			return err
		}
		_, docs, err := data.load(s, s.args...)
		if err != nil {
			return err
		}
		style, err := styles.style(s, docs[0].Format)
		if err != nil {
			return err
		}
		merged, err := yangtool.Merge(docs)
		if err != nil {
			return err
		}
		return yangtool.Write(s.Stdout, merged, style)
	}
}
