package command

import (
	"context"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func yangModulesCommand() *command {
	models := &modelFlags{}
	return &command{
		name:    "modules",
		summary: "list the modules that are built in or found, with their features",
		about: `A module is implemented, or only imported by others. Features that are off have a
minus before them.
JSON: [{"name", "revision", "prefix", "namespace", "implemented", "features",
"submodules"}].`,
		examples: []string{
			"waveguard yang modules",
			"waveguard yang modules --path yang/models --module ietf-netconf --feature ietf-netconf:candidate,url",
		},
		flags: models.add,
		run: func(_ context.Context, s *session) error {
			schema, err := models.compile(s)
			if err != nil {
				return err
			}
			modules := schema.List()
			if s.output == forPrograms {
				return s.writeJSON(modules)
			}
			table := text.NewTable(s.palette(), "MODULE", "REVISION", "PREFIX", "ROLE", "FEATURES")
			for _, m := range modules {
				role := text.Cell{Text: "imported", Style: text.Faint}
				if m.Implemented {
					role = plainCell("implemented")
				}
				table.Add(plainCell(m.Name), plainCell(m.Revision), plainCell(m.Prefix), role, plainCell(strings.Join(m.Features, " ")))
			}
			return table.Write(s.Stdout)
		},
	}
}
