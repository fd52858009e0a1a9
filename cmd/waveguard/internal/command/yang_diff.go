package command

import "context"

func yangDiffCommand() *command {
	data := newDataFlags()
	return &command{
		name:    "diff",
		args:    []string{"OLD", "NEW"},
		outputs: []format{forNetconf},
		summary: "tell what differs between two documents",
		about: `Encoding, order of elements and white space make no difference; the order of
entries that users order does. A line is + added, - removed, ~ changed, > moved.
--output edit-config writes the <config> of an edit-config that makes NEW of OLD.
JSON: [{"kind", "path", "old", "new", "after", "first"}]; "kind" is added, removed,
changed or moved, "after" the entry that one with an order follows. Where nothing
differs nothing is written; the exit status is 0 in either case.`,
		examples: []string{
			"waveguard yang diff docs/examples/policy.xml docs/examples/policy-next.json",
			"waveguard yang diff --type config --output edit-config docs/examples/policy.xml docs/examples/policy-next.json",
		},
		flags: data.add,
		run: func(_ context.Context, s *session) error {
			_, docs, err := data.load(s, s.args...)
			if err != nil {
				return err
			}
			return s.writeDifferences(docs[0].Tree, docs[1].Tree)
		},
	}
}
