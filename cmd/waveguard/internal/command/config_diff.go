package command

import (
	"context"
	"flag"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

func configDiffCommand() *command {
	ssh, files := new(sshFlags), new(fileFlags)
	return &command{
		name:     "diff",
		optional: []string{"OLD", "NEW"},
		counts:   true,
		outputs:  []format{forNetconf},
		summary:  "tell what differs between datastores, revisions and files",
		about: `OLD and NEW are each running, candidate, the number of a revision, -N for N revisions
before the one that is running, or a file (./running, if it is called so). Without NEW,
it is running; without either, what the candidate would change is told.
A line is + added, - removed, ~ changed, > moved; --output edit-config writes the
<config> of an edit-config that makes NEW of OLD. JSON: as "waveguard yang diff".
Where nothing differs nothing is written; the exit status is 0 in either case.`,
		examples: []string{
			"waveguard config diff",
			"waveguard config diff -1",
			"waveguard config diff running policy.json",
			"waveguard config diff 41 57 --output edit-config",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			flags.StringVar(&files.format, "format", files.format, "`FORMAT` of files whose names do not say it: xml or json")
		},
		run: func(ctx context.Context, s *session) error {
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				names := [2]string{config.Running, config.Candidate}
				if len(s.args) > 0 {
					names[1] = config.Running
				}
				copy(names[:], s.args)
				var trees [2]*tree.Tree
				for i, name := range names {
					var err error
					if trees[i], err = files.configuration(ctx, s, a, name); err != nil {
						return err
					}
				}
				return s.writeDifferences(trees[0], trees[1])
			})
		},
	}
}

// writeDifferences writes what makes new of old.
func (s *session) writeDifferences(old, new *tree.Tree) error {
	switch s.output {
	case forNetconf:
		return yangtool.WriteEdit(s.Stdout, old, new)
	case forPrograms:
		return s.writeJSON(append([]yangtool.Difference{}, yangtool.Compare(old, new)...))
	}
	return yangtool.WriteDifferences(s.Stdout, s.palette(), yangtool.Compare(old, new))
}
