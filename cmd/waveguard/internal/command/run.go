package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
)

// Run runs a command line, without the name of the program, and returns the
// exit status.
func Run(ctx context.Context, args []string, environment Environment) int {
	return exit(environment.Stderr, dispatch(ctx, args, environment))
}

// dispatch finds the command. Flags of options may stand before any name.
func dispatch(ctx context.Context, args []string, environment Environment) error {
	s := &session{Environment: environment, options: defaults(environment.Getenv), command: table()}
	for s.command.run == nil {
		flags := s.flags()
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return s.writeHelp(s.Stdout, s.command)
		}
		if err != nil {
			return s.misused(err.Error())
		}
		if args = flags.Args(); len(args) == 0 {
			return errors.Join(s.writeHelp(s.Stderr, s.command), s.misused("which command? there are "+s.command.names()))
		}
		next := s.command.find(args[0])
		if next == nil {
			return s.misused(fmt.Sprintf("no command %q; there are %s", args[0], s.command.names()))
		}
		s.command, args = next, args[1:]
	}
	return s.start(ctx, args)
}

// start parses the arguments of a command, among which flags may stand, and
// runs it.
func (s *session) start(ctx context.Context, args []string) error {
	flags := s.flags()
	if s.command.counts {
		args = guarded(args)
	}
	for {
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return s.writeHelp(s.Stdout, s.command)
		}
		if err != nil {
			return s.misused(err.Error())
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		if s.command.verbatim {
			s.args = args
			return s.command.run(ctx, s)
		}
		s.args, args = append(s.args, args[0]), args[1:]
	}
	if s.command.args != nil && !s.command.verbatim && len(s.args) < len(s.command.args) {
		return s.misused(fmt.Sprintf("%s is missing: %s", s.command.args[len(s.args)], s.command.usage()))
	}
	most := len(s.command.args) + len(s.command.optional)
	if len(s.args) > most && !s.command.repeated && s.command.name != helpName {
		return s.misused(fmt.Sprintf("%q is one argument too many: %s", s.args[most], s.command.usage()))
	}
	if s.output != forPeople && s.output != forPrograms && !slices.Contains(s.command.outputs, s.output) {
		return s.misused(fmt.Sprintf("%s has no output %q; want %s or %s", s.command.path(), s.output, forPeople, forPrograms))
	}
	if s.timeout <= 0 {
		return s.misused("--timeout is a positive time such as 10s")
	}
	return s.command.run(ctx, s)
}

func (s *session) flags() *flag.FlagSet {
	flags := flag.NewFlagSet(s.command.path(), flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.add(flags)
	if s.command.flags != nil {
		s.command.flags(flags)
	}
	return flags
}
