package command

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func configHistoryCommand() *command {
	ssh, limit := new(sshFlags), 20
	return &command{
		name:    "history",
		summary: "list who changed the configuration, when, and how much",
		about: `The appliance keeps the last revisions, across restarts. Each is one change of the
running configuration, over whatever protocol; a number is what "config rollback" and
"config diff" take. CHANGES counts nodes, a subtree that came or went as one.
JSON: {"revisions": [{"number", "running", "time", "user", "protocol", "session",
"source-address", "changes", "comment"}], "pending": {"user", "session",
"source-address", "persistent", "deadline"}}; "pending" is a confirmed commit that
waits. A member whose value is not known is absent.`,
		examples: []string{"waveguard config history", "waveguard config history --limit 1 --output json | jq '.revisions[0].number'"},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			flags.IntVar(&limit, "limit", limit, "`N` of the latest revisions to list; 0 lists all")
		},
		run: func(ctx context.Context, s *session) error {
			if limit < 0 {
				return s.misused("--limit is a number from 0")
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				h, err := s.readHistory(ctx, a)
				if err != nil {
					return err
				}
				more := 0
				if limit > 0 && len(h.Revisions) > limit {
					more, h.Revisions = len(h.Revisions)-limit, h.Revisions[:limit]
				}
				if s.output == forPrograms {
					return s.writeJSON(h)
				}
				return writeHistory(s, h, more)
			})
		},
	}
}

func (s *session) readHistory(ctx context.Context, a *config.Appliance) (h *config.History, err error) {
	err = s.limited(ctx, func(ctx context.Context) (err error) {
		h, err = a.History(ctx)
		return err
	})
	return h, err
}

func writeHistory(s *session, h *config.History, more int) error {
	t := text.NewTable(s.palette(), "REVISION", "BACK", "WHEN", "WHO", "HOW", "FROM", "CHANGES", "COMMENT")
	for i, r := range h.Revisions {
		right := func(s string) text.Cell { return text.Cell{Text: s, Right: true} }
		behind, changes := "", ""
		if i > 0 {
			behind = strconv.Itoa(-i)
		}
		if r.Time != nil {
			changes = strconv.Itoa(r.Changes)
		}
		t.Add(right(strconv.FormatUint(r.Number, 10)), right(behind), plainCell(when(r.Time)), plainCell(text.Printable(r.User)), plainCell(text.Printable(r.Protocol)),
			plainCell(text.Printable(r.Source)), right(changes), plainCell(text.Printable(r.Comment)))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	tail := ""
	if more > 0 {
		tail = fmt.Sprintf("\n%s; --limit 0 lists all.\n", text.Counted(more, "older revision"))
	}
	if p := h.Pending; p != nil {
		tail += fmt.Sprintf("\nA confirmed commit of user %s waits: unless it is confirmed until %s, it is undone.\n", text.Printable(p.User), when(p.Deadline))
	}
	_, err := fmt.Fprint(s.Stdout, tail)
	return err
}

// when writes a time for people, nothing for none.
func when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Local().Format(time.DateTime)
}
