package command

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
)

func yangValidateCommand() *command {
	flags := &validateFlags{dataFlags: &dataFlags{}}
	return &command{
		name:     "validate",
		args:     []string{"FILE"},
		repeated: true,
		summary:  "tell whether modules and data are valid, and all that is wrong with them",
		about: `A .yang file is compiled. Data in .xml and .json files is checked under the modules
given so and by --module; without any, under all in the folders of --path; without
these too, under the appliance's. - is standard input, with --format xml, json or
yang. The exit status is 1 when any file is invalid.
A message of --type rpc or notification may have NETCONF's envelope around it; a
reply is that to --operation. References in them look at the data of --operational.
JSON: {"files": [{"file", "valid", "note"}], "problems": [{"file", "line", "column",
"path", "error-tag", "error-app-tag", "message", "rule", "hint"}]}; what is
unknown is absent. Constraints are checked once the file can be read.`,
		examples: []string{
			"waveguard yang validate yang/models/mpk-security@2026-11-25.yang",
			"waveguard yang validate docs/examples/policy.json --type config --output json",
			"waveguard yang validate --path yang/models --module mpk-security docs/examples/policy.xml",
			"waveguard yang validate --type rpc docs/examples/edit-config.xml",
		},
		flags: flags.add,
		run: func(_ context.Context, s *session) error {
			v := &validation{flags: flags, session: s}
			if err := v.run(); err != nil {
				return err
			}
			return v.report()
		},
	}
}

// validateFlags are those of the command.
type validateFlags struct {
	*dataFlags
	operation, operational string
}

func (v *validateFlags) add(flags *flag.FlagSet) {
	v.dataFlags.add(flags)
	flags.Lookup("type").Usage = "`TYPE` of the data: " + strings.Join(yangtool.Kinds, ", ") + " (default data if there is state in it, else config)"
	flags.StringVar(&v.operation, "operation", v.operation, "`PATH` of the operation that a reply answers, such as /module:name")
	flags.StringVar(&v.operational, "operational", v.operational, "`FILE` with the data that operations and notifications refer to")
}

// validation is one run of the command.
type validation struct {
	flags *validateFlags
	*session
	judgement
}

// judgement is the result.
type judgement struct {
	Files    []verdict          `json:"files"`
	Problems []yangtool.Problem `json:"problems"`
}

// verdict is whether a file is valid.
type verdict struct {
	File  string `json:"file"`
	Valid bool   `json:"valid"`
	Note  string `json:"note,omitempty"` // why it was not checked
}

func (v *validation) run() error {
	switch {
	case v.flags.kind != "" && !slices.Contains(yangtool.Kinds, v.flags.kind):
		return v.misused("--type is one of " + strings.Join(yangtool.Kinds, ", "))
	case v.flags.kind == string(yangtool.Reply) && v.flags.operation == "":
		return v.misused("a reply answers an operation: name it as --operation /module:name")
	case v.flags.operational != "" && v.ofData():
		return v.misused("--operational is for --type rpc, reply and notification")
	}
	if err := v.flags.checkFormat(v.session); err != nil {
		return err
	}
	var modules, data []*yangtool.File
	for _, name := range v.args {
		f, err := v.flags.read(v.session, name)
		if _, misuse := err.(*usageError); misuse {
			return err
		}
		switch {
		case err != nil:
			v.add(name, []yangtool.Problem{{File: name, Message: err.Error()}})
		case f.Format == yangtool.YANG:
			modules = append(modules, f)
		default:
			data = append(data, f)
		}
	}
	return v.check(modules, data)
}

// check compiles the modules and judges the data.
func (v *validation) check(modules, data []*yangtool.File) error {
	m := yangtool.Models{Paths: v.flags.paths, Modules: v.flags.modules, Features: v.flags.features, Files: modules}
	schema, problems, err := m.Compile()
	if err != nil {
		return v.toolError(err)
	}
	for _, f := range modules {
		v.add(f.Name, about(f.Name, problems))
	}
	v.Problems = append(v.Problems, elsewhere(modules, problems)...)
	judge, err := v.judge(schema)
	if err != nil {
		return err
	}
	for _, f := range data {
		if schema == nil {
			v.Files = append(v.Files, verdict{File: f.Name, Note: "not checked, because the modules have errors"})
			continue
		}
		v.add(f.Name, judge(f))
	}
	return nil
}

// ofData says whether the files hold data, and not messages.
func (v *validation) ofData() bool {
	switch yangtool.Kind(v.flags.kind) {
	case "", yangtool.Config, yangtool.Data:
		return true
	}
	return false
}

// judge returns what tells the problems of a file.
func (v *validation) judge(schema *yangtool.Schema) (func(*yangtool.File) []yangtool.Problem, error) {
	kind := yangtool.Kind(v.flags.kind)
	if v.ofData() || schema == nil {
		return func(f *yangtool.File) []yangtool.Problem { return schema.Validate(f, kind) }, nil
	}
	about := yangtool.Message{Kind: kind, Operation: v.flags.operation}
	if v.flags.operational != "" {
		f, err := v.flags.read(v.session, v.flags.operational)
		if err != nil {
			return nil, err
		}
		doc, problems := schema.Decode(f, true)
		if err := v.faulty(problems, "the data of --operational cannot be read"); err != nil {
			return nil, err
		}
		about.Data = doc.Tree
	}
	return func(f *yangtool.File) []yangtool.Problem { return schema.ValidateMessage(f, about) }, nil
}

func (v *validation) add(file string, problems []yangtool.Problem) {
	v.Files = append(v.Files, verdict{File: file, Valid: len(problems) == 0})
	v.Problems = append(v.Problems, problems...)
}

// about returns the problems of one file.
func about(file string, problems []yangtool.Problem) (out []yangtool.Problem) {
	for _, p := range problems {
		if p.File == file {
			out = append(out, p)
		}
	}
	return out
}

// elsewhere returns the problems of none of the files.
func elsewhere(files []*yangtool.File, problems []yangtool.Problem) (out []yangtool.Problem) {
	named := map[string]bool{}
	for _, f := range files {
		named[f.Name] = true
	}
	for _, p := range problems {
		if !named[p.File] {
			out = append(out, p)
		}
	}
	return out
}

func (v *validation) report() error {
	var err error
	if v.output == forPrograms {
		v.Problems = append([]yangtool.Problem{}, v.Problems...) // an empty list, not null
		err = v.writeJSON(v.judgement)
	} else {
		err = v.write()
	}
	if err != nil {
		return err
	}
	invalid := 0
	for _, f := range v.Files {
		if !f.Valid && f.Note == "" {
			invalid++
		}
	}
	switch {
	case invalid > 0:
		return fmt.Errorf("%d of %s invalid: %s", invalid, text.Counted(len(v.Files), "file"), text.Counted(len(v.Problems), "error"))
	case len(v.Problems) > 0:
		return fmt.Errorf("the modules have errors: %s", text.Counted(len(v.Problems), "error"))
	}
	return nil
}

// write tells people.
func (v *validation) write() error {
	p := v.palette()
	if err := yangtool.WriteProblems(v.Stdout, p, v.Problems); err != nil {
		return err
	}
	for _, f := range v.Files {
		word := p.Paint(text.Good, "valid")
		switch {
		case f.Note != "":
			word = p.Paint(text.Warn, f.Note)
		case !f.Valid:
			word = p.Paint(text.Bad, "invalid")
		}
		if _, err := fmt.Fprintf(v.Stdout, "%s: %s\n", f.File, word); err != nil {
			return err
		}
	}
	return nil
}
