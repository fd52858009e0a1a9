package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1 // the operation failed
	exitUsage       = 2 // the command line is wrong
	exitUnreachable = 3 // the appliance, or the node, can't be reached
	exitRefused     = 4 // the user is unknown or may not
	exitVerdict     = 5 // the policy that was asked about refuses
)

// usageError is about the command line.
type usageError struct {
	command *command // whose help to look at
	message string
}

func (e *usageError) Error() string { return e.message }

// verdictError is the answer that a policy refuses. Nothing failed.
type verdictError struct{ message string }

func (e *verdictError) Error() string { return e.message }

// printableLines is text.Printable for more than a line.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = text.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// exit writes what went wrong and what to do, and returns the status.
func exit(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "waveguard:", printableLines(err.Error()))
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Run \"%s --help\" for its usage and examples.\n", usage.command.path())
		return exitUsage
	}
	var verdict *verdictError
	if errors.As(err, &verdict) {
		return exitVerdict
	}
	var ended *launch.ExitError
	if errors.As(err, &ended) {
		return ended.Status
	}
	var known *appliance.Error
	var denied *netconf.RPCError
	switch {
	case errors.As(err, &known) && known.Hint != "":
		fmt.Fprintln(stderr, known.Hint)
	case errors.As(err, &denied) && errors.Is(denied, appliance.ErrRefused):
		fmt.Fprintln(stderr, "An administrator may; choose the user with --user and --password-file.")
	}
	switch {
	case errors.Is(err, appliance.ErrUnreachable):
		return exitUnreachable
	case errors.Is(err, appliance.ErrRefused):
		return exitRefused
	default:
		return exitFailed
	}
}
