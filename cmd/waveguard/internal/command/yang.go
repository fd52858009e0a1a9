package command

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
)

func yangCommand() *command {
	c := &command{
		name:    "yang",
		local:   true,
		summary: "validate, convert, compare and query YANG modules and data",
		about: `No appliance is asked. Unless modules are named, data is read under the modules of
the appliance, which are built in. Others are found in the folders of --path.`,
		examples: []string{
			"waveguard yang validate docs/examples/policy.json",
			"waveguard yang xpath 'count(//transition)' docs/examples/policy.xml",
		},
	}
	return c.with(yangValidateCommand(), yangConvertCommand(), yangDiffCommand(), yangMergeCommand(), yangXPathCommand(), yangTreeCommand(), yangModulesCommand())
}

// texts is a flag that may be given several times.
type texts []string

// String implements flag.Value.
func (t *texts) String() string { return strings.Join(*t, " ") }

// Set implements flag.Value.
func (t *texts) Set(s string) error {
	*t = append(*t, s)
	return nil
}

// modelFlags say under which modules data is read.
type modelFlags struct{ paths, modules, features texts }

func (m *modelFlags) add(flags *flag.FlagSet) {
	flags.Var(&m.paths, "path", "`DIR` with modules; may be repeated")
	flags.Var(&m.modules, "module", "`NAME[@REVISION]` to implement; may be repeated (default all)")
	flags.Var(&m.features, "feature", "`MODULE:F,...` that are on, none else of that module; may be repeated (default all)")
}

// compile compiles the modules, and those of files.
func (m *modelFlags) compile(s *session, files ...*yangtool.File) (*yangtool.Schema, error) {
	schema, problems, err := yangtool.Models{Paths: m.paths, Modules: m.modules, Features: m.features, Files: files}.Compile()
	if err != nil {
		return nil, s.toolError(err)
	}
	return schema, s.faulty(problems, "the modules have errors")
}

// dataFlags say how documents are read.
type dataFlags struct {
	modelFlags
	kind   string // config or data
	format string
}

func newDataFlags() *dataFlags { return &dataFlags{kind: "data"} }

func (d *dataFlags) add(flags *flag.FlagSet) {
	d.modelFlags.add(flags)
	flags.StringVar(&d.kind, "type", d.kind, "`TYPE` of the data: config, or data with state too")
	flags.StringVar(&d.format, "format", d.format, "`FORMAT` of standard input and of files whose names do not tell: xml, json or yang")
}

// state says whether state may be in the data.
func (d *dataFlags) state(s *session) (bool, error) {
	switch d.kind {
	case "config", "data":
		return d.kind == "data", nil
	}
	return false, s.misused("--type is config or data")
}

// read reads a file.
func (d *dataFlags) read(s *session, name string) (*yangtool.File, error) {
	f, err := yangtool.Read(name, s.Stdin, yangtool.Format(d.format))
	if name == "-" {
		s.Stdin = nil
	}
	return f, s.toolError(err)
}

// load compiles the modules and reads the files as data.
func (d *dataFlags) load(s *session, names ...string) (*yangtool.Schema, []*yangtool.Document, error) {
	state, err := d.state(s)
	if err != nil {
		return nil, nil, err
	}
	if err := d.checkFormat(s); err != nil {
		return nil, nil, err
	}
	var files []*yangtool.File
	for _, name := range names {
		f, err := d.read(s, name)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	schema, err := d.compile(s)
	if err != nil {
		return nil, nil, err
	}
	var docs []*yangtool.Document
	var problems []yangtool.Problem
	for _, f := range files {
		doc, faults := schema.Decode(f, state)
		docs, problems = append(docs, doc), append(problems, faults...)
	}
	return schema, docs, s.faulty(problems, "the data cannot be read")
}

func (d *dataFlags) checkFormat(s *session) error {
	if d.format == "" {
		return nil
	}
	if _, err := yangtool.ParseFormat(d.format); err != nil {
		return s.misused("--format: " + err.Error())
	}
	return nil
}

// toolError translates an error about the command line.
func (s *session) toolError(err error) error {
	var usage *yangtool.UsageError
	if errors.As(err, &usage) {
		return s.misused(usage.Error())
	}
	return err
}

// faulty writes problems, for a command whose result is something else, and
// returns an error if there are any.
func (s *session) faulty(problems []yangtool.Problem, summary string) error {
	if len(problems) == 0 {
		return nil
	}
	if err := yangtool.WriteProblems(s.Stderr, text.PaletteFor(s.Stderr, s.Getenv), problems); err != nil {
		return err
	}
	return fmt.Errorf("%s: %s", summary, text.Counted(len(problems), "error"))
}
