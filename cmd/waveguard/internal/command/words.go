package command

import (
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// wallCell is an isolation strength, in a colour of warning if it is weak.
func wallCell(strength string) text.Cell {
	cell := text.Cell{Text: strength}
	switch strength {
	case "NONE":
		cell.Style = text.Bad
	case "MPROTECT":
		cell.Style = text.Warn
	case "HARDWARE_REGION", "HARDWARE_COMPARTMENT":
		cell.Style = text.Good
	}
	return cell
}

// permissive is the mode of a domain whose calls pass whatever policy says.
const permissive = "PERMISSIVE"

func stateCell(state string) text.Cell {
	cell := text.Cell{Text: state}
	switch state {
	case "IN_SERVICE", appliance.Permit:
		cell.Style = text.Good
	case "DEGRADED", permissive:
		cell.Style = text.Warn
	case "OUT_OF_SERVICE", appliance.Deny:
		cell.Style = text.Bad
	}
	return cell
}

func countCell(n appliance.Count) text.Cell {
	return text.Cell{Text: strconv.FormatUint(uint64(n), 10), Right: true}
}

// alarmCell is a count that ought to be zero.
func alarmCell(n appliance.Count) text.Cell {
	cell := countCell(n)
	if n > 0 {
		cell.Style = text.Warn
	}
	return cell
}

func plainCell(s string) text.Cell { return text.Cell{Text: s} }

func limitCell(n uint32, unit string) text.Cell {
	if n == 0 {
		return text.Cell{Right: true}
	}
	return text.Cell{Text: fmt.Sprintf("%d %s", n, unit), Right: true}
}

// moment is a time in words; empty if there is none.
func moment(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// readAt says when counters were read: they are no older than the table, but
// no younger either.
func readAt(t time.Time) string {
	return "Counters read at " + t.Local().Format("2006-01-02 15:04:05.000 MST") + "; they count since the appliance started."
}
