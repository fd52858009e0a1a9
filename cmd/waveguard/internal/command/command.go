package command

import (
	"context"
	"flag"
	"strings"
)

// command is one entry of the table: it has subcommands, or it runs.
type command struct {
	name     string
	args     []string // names of the arguments, all of them needed
	optional []string // names of arguments behind them that may be left out
	repeated bool     // the last of args may be given several times
	counts   bool     // arguments can be numbers below zero, which look like flags
	verbatim bool     // arguments are those of another program: all from the first on
	local    bool     // asks no appliance; holds for its subcommands too
	outputs  []format // that it has, beside forPeople and forPrograms
	summary  string
	about    string // more, for the help; may be empty
	examples []string
	flags    func(*flag.FlagSet) // adds its own; may be nil
	run      func(context.Context, *session) error
	commands []*command
	parent   *command
}

// path is the command as people type it.
func (c *command) path() string {
	if c.parent == nil {
		return c.name
	}
	return c.parent.path() + " " + c.name
}

// usage is the command with its arguments.
func (c *command) usage() string {
	switch {
	case c.run == nil:
		return c.path() + " COMMAND"
	case len(c.optional) > 0:
		return c.path() + strings.Join(append([]string{""}, c.args...), " ") + " [" + strings.Join(c.optional, " [") + strings.Repeat("]", len(c.optional)) + " [flags]"
	case c.verbatim:
		return c.path() + " [flags] " + strings.Join(c.args, " ") + "..."
	case len(c.args) == 0:
		return c.path() + " [flags]"
	case c.repeated:
		return c.path() + " " + strings.Join(c.args, " ") + "... [flags]"
	default:
		return c.path() + " " + strings.Join(c.args, " ") + " [flags]"
	}
}

// isLocal says whether the command asks no appliance.
func (c *command) isLocal() bool { return c.local || c.parent != nil && c.parent.isLocal() }

func (c *command) find(name string) *command {
	for _, sub := range c.commands {
		if sub.name == name {
			return sub
		}
	}
	return nil
}

func (c *command) names() string {
	names := make([]string, 0, len(c.commands))
	for _, sub := range c.commands {
		names = append(names, sub.name)
	}
	return strings.Join(names, ", ")
}

// with adds subcommands.
func (c *command) with(commands ...*command) *command {
	c.commands = commands
	for _, sub := range commands {
		sub.parent = c
	}
	return c
}

// table is the whole of what the operator's command can do.
func table() *command {
	root := &command{
		name:    "waveguard",
		summary: "operate a Waveguard appliance, over gNMI and NETCONF",
		about: `On the appliance itself no flags are needed: certificate, user and password are
found in the daemon's data directory. Elsewhere name them.`,
		examples: []string{
			"waveguard status",
			"waveguard transitions --output json",
			"waveguard --address node7:9339 --ca node7.pem --user operator --password-file secret status",
		},
	}
	root.with(
		statusCommand(), domainsCommand(), servicesCommand(), transitionsCommand(), channelsCommand(), alarmsCommand(), pmCommand(), watchCommand(),
		actionCommand("permit"), actionCommand("deny"), configCommand(), learnCommand(), simulateCommand(), explainCommand(), demoCommand(), launchCommand(), yangCommand(), scanCommand(), versionCommand(), helpCommand(root),
	)
	return root
}
