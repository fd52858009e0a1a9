package command

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

const helpName = "help"

func helpCommand(root *command) *command {
	return &command{
		name:     helpName,
		summary:  "explain a command",
		examples: []string{"waveguard help", "waveguard help demo start"},
		run: func(_ context.Context, s *session) error {
			c := root
			for _, name := range s.args {
				sub := c.find(name)
				if sub == nil {
					return s.misused(fmt.Sprintf("no command %q in %s; there are %s", name, c.path(), c.names()))
				}
				c = sub
			}
			return s.writeHelp(s.Stdout, c)
		},
	}
}

// writeHelp writes all there is to know of a command.
func (s *session) writeHelp(w io.Writer, c *command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nUsage:\n  %s\n", c.path(), c.summary, c.usage())
	if c.about != "" {
		fmt.Fprintf(&b, "\n%s\n", c.about)
	}
	if len(c.commands) > 0 {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.commands {
			fmt.Fprintf(&b, "  %-12s  %s\n", sub.name, sub.summary)
		}
	}
	if len(c.examples) > 0 {
		fmt.Fprintf(&b, "\nExamples:\n  %s\n", strings.Join(c.examples, "\n  "))
	}
	if c.flags != nil {
		own := flag.NewFlagSet("", flag.ContinueOnError)
		c.flags(own)
		b.WriteString("\nFlags:\n")
		writeFlags(&b, own)
	}
	common := flag.NewFlagSet("", flag.ContinueOnError)
	if o := defaults(s.Getenv); c.isLocal() {
		o.addOutput(common)
	} else {
		o.add(common)
	}
	b.WriteString("\nFlags of every command:\n")
	writeFlags(&b, common)
	b.WriteString("\nExit status: 0 done, 1 failed, 2 wrong usage, 3 appliance not reachable, 4 refused.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeFlags(b *strings.Builder, flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		usage = strings.TrimPrefix(usage, name+" ")
		if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(usage, "default") {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(b, "  %-22s  %s\n", strings.TrimSpace("--"+f.Name+" "+name), usage)
	})
}
