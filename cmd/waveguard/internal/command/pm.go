package command

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func pmCommand() *command {
	history := false
	return &command{
		name:    "pm",
		summary: "tell what counters rose by, in bins of 15 minutes and 24 hours",
		about: `Shown are the bins under way, or with --history those that ended. Bins begin at
00:00 UTC. A value with ? may be wrong: the appliance was not running all the time,
or its clock was set. What is not shown is zero.

JSON: {"time", "measurements": [{"resource-type", "resource", "type",
"measurement": [{"granularity", "bin-number", "value", "validity", "start-time",
"completion-time"}]}]}, by resource; bins under way have a start-time, those that
ended have bin-number and completion-time.`,
		examples: []string{"waveguard pm", "waveguard pm --history --output json"},
		flags: func(flags *flag.FlagSet) {
			flags.BoolVar(&history, "history", history, "tell the bins that ended")
		},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				read, write := client.CurrentPM, writeCurrentPM
				if history {
					read, write = client.HistoricalPM, writeHistoricalPM
				}
				measurements, err := read(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time         time.Time               `json:"time"`
						Measurements []appliance.Measurement `json:"measurements"`
					}{measurements.Time, measurements.Data})
				}
				return write(s, measurements)
			})
		},
	}
}

func writeCurrentPM(s *session, measurements appliance.Sample[[]appliance.Measurement]) error {
	t := text.NewTable(s.palette(), "RESOURCE", "MEASUREMENT", "15 MINUTES", "24 HOURS", "SINCE CLEARED")
	for _, m := range measurements.Data {
		if untimed := m.Bin("UNTIMED"); untimed != nil && untimed.Value == 0 {
			continue
		}
		t.Add(plainCell(resourceName(m.ResourceType, m.Resource)), plainCell(m.Type),
			binCell(m.Bin("15MIN")), binCell(m.Bin("24H")), binCell(m.Bin("UNTIMED")))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\nRead at %s. What is not listed is zero.\n", measurements.Time.Local().Format("2006-01-02 15:04:05 MST"))
	return err
}

func writeHistoricalPM(s *session, measurements appliance.Sample[[]appliance.Measurement]) error {
	t := text.NewTable(s.palette(), "RESOURCE", "MEASUREMENT", "BIN", "ENDED", "VALUE")
	for _, m := range measurements.Data {
		for i := range m.Bins {
			b := &m.Bins[i]
			t.Add(plainCell(resourceName(m.ResourceType, m.Resource)), plainCell(m.Type),
				plainCell(b.Granularity), plainCell(moment(b.Completion)), binCell(b))
		}
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\nWhat is not listed counted nothing.\n")
	return err
}

// binCell is the value of a bin, marked if it may be wrong.
func binCell(b *appliance.Bin) text.Cell {
	if b == nil {
		return text.Cell{Right: true}
	}
	cell := text.Cell{Text: strconv.FormatUint(uint64(b.Value), 10), Right: true}
	if b.Validity == "SUSPECT" {
		cell.Text, cell.Style = cell.Text+"?", text.Warn
	}
	return cell
}
