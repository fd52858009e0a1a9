package appliance

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The kinds of an Error; use errors.Is.
var (
	// ErrUnreachable: there was no answer, or nobody there can be trusted.
	ErrUnreachable = errors.New("the appliance cannot be reached")
	// ErrRefused: the user is unknown, or may not do this.
	ErrRefused = errors.New("the appliance refused")
	// ErrFailed: the appliance answered that it can't be done.
	ErrFailed = errors.New("the appliance could not do it")
)

// Error says what went wrong and what to do next.
type Error struct {
	Kind    error  // ErrUnreachable, ErrRefused or ErrFailed
	Message string // what went wrong
	Hint    string // what to do; may be empty
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// explain makes an *Error of what an RPC returned.
func (c *Client) explain(err error) error {
	if err == nil {
		return nil
	}
	s, isStatus := status.FromError(err)
	if !isStatus {
		return err
	}
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded:
		return c.unreachable(s)
	case codes.Unauthenticated:
		return &Error{ErrRefused, fmt.Sprintf("user %q is refused: %s", c.config.User, s.Message()), c.passwordHint()}
	case codes.PermissionDenied:
		return &Error{
			ErrRefused, fmt.Sprintf("user %q may not do this: %s", c.config.User, s.Message()),
			"An administrator may; choose the user with --user and --password-file.",
		}
	case codes.Canceled:
		return err
	default:
		return &Error{Kind: ErrFailed, Message: s.Message()}
	}
}

func (c *Client) unreachable(s *status.Status) *Error {
	e := &Error{Kind: ErrUnreachable, Message: fmt.Sprintf("cannot reach the appliance at %s: %s", c.config.Address, reason(s))}
	switch {
	case strings.Contains(s.Message(), "does not look like a TLS handshake"):
		e.Hint = "Something else listens there. Give --address the HOST:PORT of gNMI, which the daemon says when it starts."
	case strings.Contains(s.Message(), "x509:"), strings.Contains(s.Message(), "tls:"):
		e.Hint = fmt.Sprintf("Its certificate is compared with %s. Name the right one with --ca FILE: on the appliance it is tls/cert.pem in the daemon's --data directory.", c.trusted)
	case strings.Contains(s.Message(), "connection refused"):
		e.Hint = fmt.Sprintf("Is the daemon running? Start it with \"waveguardd --data %s\", or say where it listens with --address HOST:PORT.", c.config.Data)
	default:
		e.Hint = "Check --address HOST:PORT; wait longer with --timeout."
	}
	return e
}

// reason is the innermost of the causes that gRPC strings together.
func reason(s *status.Status) string {
	if s.Code() == codes.DeadlineExceeded {
		return "no answer in time"
	}
	text := s.Message()
	for _, layer := range []string{"connection error: desc = ", "transport: Error while dialing: ", "transport: "} {
		if _, inner, found := strings.Cut(text, layer); found {
			text = inner
		}
	}
	return strings.Trim(text, `"`)
}

func (c *Client) passwordHint() string {
	if c.passwordFrom == "" {
		return fmt.Sprintf("No password was given. The daemon keeps that of its first administrator in admin-password in its --data directory (%s has none that can be read): pass --password-file FILE.", c.config.Data)
	}
	return fmt.Sprintf("The password is from %s. The daemon keeps that of its first administrator in admin-password in its --data directory: pass --data DIR or --password-file FILE.", c.passwordFrom)
}
