package guest

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNoReport is returned for a report that is missing or cut short: the
// machine stopped before the program did.
var ErrNoReport = errors.New("the machine stopped before its program ended")

// report words how a process ended.
func report(ws unix.WaitStatus) string {
	if ws.Signaled() {
		return fmt.Sprintf("signal %d\n", ws.Signal())
	}
	return fmt.Sprintf("exit %d\n", ws.ExitStatus())
}

func reportError(err error) string {
	return fmt.Sprintf("error %q\n", err.Error())
}

// Status is how a program ended: by itself or by a signal.
type Status struct {
	Exit   int
	Signal unix.Signal
}

// Code is the status as a shell has it: 128 and the signal's number for a
// program that a signal ended.
func (s Status) Code() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Exit
}

// ParseReport reads a guest's report. It returns ErrNoReport, or the guest's
// own error if the program could not be run.
func ParseReport(b []byte) (s Status, err error) {
	line, whole := strings.CutSuffix(string(b), "\n")
	kind, value, _ := strings.Cut(line, " ")
	if !whole {
		return s, ErrNoReport
	}
	switch kind {
	case "exit":
		_, err = fmt.Sscanf(value, "%d", &s.Exit)
	case "signal":
		_, err = fmt.Sscanf(value, "%d", &s.Signal)
	case "error":
		var text string
		if _, err = fmt.Sscanf(value, "%q", &text); err == nil {
			err = errors.New(text)
		}
	default:
		err = fmt.Errorf("unknown report %q", line)
	}
	return s, err
}
