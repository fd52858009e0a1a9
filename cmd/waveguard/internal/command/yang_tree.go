package command

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
)

func yangTreeCommand() *command {
	models := &modelFlags{}
	var d yangtool.Diagram
	return &command{
		name:     "tree",
		args:     []string{"MODULE"},
		repeated: true,
		summary:  "draw the tree diagrams of modules",
		about: `MODULE is the name of a module that is built in or in a folder of --path, with
@REVISION if need be, or a .yang file. The form is that of RFC 8340.`,
		examples: []string{
			"waveguard yang tree mpk-security",
			"waveguard yang tree mpk-security --node /mpk-security:mpk-security/transitions --depth 3",
			"waveguard yang tree yang/models/ietf-netconf@2011-06-01.yang --feature ietf-netconf:candidate",
		},
		flags: func(flags *flag.FlagSet) {
			models.add(flags)
			flags.StringVar(&d.Node, "node", d.Node, "`PATH` of a node to draw, with those around it, such as /module:node/node")
			flags.IntVar(&d.Depth, "depth", d.Depth, "`N` levels to draw, from the top or from --node (default all)")
		},
		run: func(_ context.Context, s *session) error {
			if d.Depth < 0 {
				return s.misused("--depth is a number of levels, 1 or more")
			}
			if s.output != forPeople {
				return s.misused("a diagram has no output json")
			}
			return drawModules(s, models, d)
		},
	}
}

// drawModules draws the modules named by the arguments, or the one node.
func drawModules(s *session, models *modelFlags, d yangtool.Diagram) error {
	var names []string
	var files []*yangtool.File
	for _, arg := range s.args {
		if arg != "-" && !strings.HasSuffix(arg, ".yang") {
			name, _, _ := strings.Cut(arg, "@")
			names = append(names, name)
			models.modules = append(models.modules, arg)
			continue
		}
		f, err := yangtool.Read(arg, s.Stdin, yangtool.YANG)
		if err != nil {
			return err
		}
		names, files = append(names, yangtool.ModuleOf(f)), append(files, f)
	}
	schema, err := models.compile(s, files...)
	if err != nil {
		return err
	}
	if d.Node != "" {
		names = names[:1]
	}
	for i, name := range names {
		if i > 0 {
			if _, err := fmt.Fprintln(s.Stdout); err != nil {
				return err
			}
		}
		d.Module = name
		if err := schema.Draw(s.Stdout, d); err != nil {
			return s.toolError(err)
		}
	}
	return nil
}
