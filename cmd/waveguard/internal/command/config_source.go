package command

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

// number matches a revision, or how far back it is.
var number = regexp.MustCompile(`^[-~]?[0-9]+$`)

// back matches how far back a revision is, which looks like a flag.
var back = regexp.MustCompile(`^-[0-9]+$`)

// guarded returns arguments in which nothing that counts revisions looks like a flag.
func guarded(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if back.MatchString(a) {
			args[i] = "~" + a[1:]
		}
	}
	return args
}

// pointOf reads a revision: its number, or -N or ~N for N before the one that is
// running.
func pointOf(arg string) (p config.Point, err error) {
	if !number.MatchString(arg) {
		return p, noRevision(arg)
	}
	if digits := strings.TrimLeft(arg, "-~"); digits != arg {
		switch p.Back, err = strconv.Atoi(digits); {
		case err != nil:
			err = noRevision("-" + digits)
		case p.Back == 0:
			err = errors.New("-0 is what is running")
		}
		return p, err
	}
	if p.Number, err = strconv.ParseUint(arg, 10, 64); err != nil {
		err = noRevision(arg)
	}
	return p, err
}

func noRevision(arg string) error {
	return fmt.Errorf("%q is no revision; give a number of \"waveguard config history\", or -1 for the one before the last", arg)
}

// fileFlags say what files are that do not say it by their names.
type fileFlags struct{ format string }

// read reads a file, or standard input.
func (f *fileFlags) read(s *session, name string) (*yangtool.File, error) {
	format := yangtool.Format(f.format)
	if format != "" && format != yangtool.XML && format != yangtool.JSON {
		return nil, s.misused("--format is xml or json")
	}
	file, err := yangtool.Read(name, s.Stdin, format)
	var wrong *yangtool.UsageError
	if errors.As(err, &wrong) {
		return nil, s.misused(wrong.Error())
	}
	return file, err
}

// decode makes sense of a file by the models of the appliance. All that is wrong with
// it is written.
func (s *session) decode(schema *yangtool.Schema, file *yangtool.File) (*tree.Tree, error) {
	doc, problems := schema.Decode(file, false)
	if len(problems) > 0 {
		return nil, s.refuseProblems(problems)
	}
	return doc.Tree, nil
}

// refuseProblems writes what is wrong with a document and returns the error that
// sums it up.
func (s *session) refuseProblems(problems []yangtool.Problem) error {
	if s.output == forPrograms {
		if err := s.writeJSON(problems); err != nil {
			return err
		}
	} else if err := yangtool.WriteProblems(s.Stdout, s.palette(), problems); err != nil {
		return err
	}
	return fmt.Errorf("%s; nothing was changed", counted(len(problems)))
}

func counted(n int) string {
	if n == 1 {
		return "there is 1 error"
	}
	return fmt.Sprintf("there are %d errors", n)
}

// configuration returns what an argument names: a datastore, a revision or a file.
func (f *fileFlags) configuration(ctx context.Context, s *session, a *config.Appliance, arg string) (*tree.Tree, error) {
	if !slices.Contains(config.Datastores, arg) && !number.MatchString(arg) {
		file, err := f.read(s, arg)
		if err != nil {
			return nil, err
		}
		return s.decode(a.Schema, file)
	}
	var t *tree.Tree
	err := s.limited(ctx, func(ctx context.Context) (err error) {
		if !number.MatchString(arg) {
			t, err = a.Read(ctx, arg, config.Selection{})
			return err
		}
		point, err := pointOf(arg)
		if err != nil {
			return s.misused(err.Error())
		}
		t, _, err = a.Revision(ctx, point)
		return err
	})
	return t, err
}
