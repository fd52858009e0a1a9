package datastore

import (
	"errors"

	"github.com/optical-net/waveguard/yang/tree"
)

// Error is what every operation returns when it refuses, alone or joined with
// others (errors.Join), to be translated once at the edge of each protocol.
type Error = tree.Error

// The error-tags of RFC 6241 Appendix A that come from a datastore rather than
// from data.
const (
	TagLockDenied     tree.Tag = "lock-denied"
	TagInUse          tree.Tag = "in-use"
	TagResourceDenied tree.Tag = "resource-denied"
)

// caused is an Error with the error that led to it, for errors.Is and As.
type caused struct{ what, cause error }

func (c *caused) Error() string { return c.what.Error() }

func (c *caused) Unwrap() []error { return []error{c.what, c.cause} }

// because returns an error with that tag and a message that ends with the cause.
func because(tag tree.Tag, message string, cause error) error {
	return &caused{&Error{Tag: tag, Message: message + ": " + cause.Error()}, cause}
}

// asError returns err as it is if it has an Error in it, and as operation-failed
// otherwise.
func asError(message string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return because(tree.TagOperationFailed, message, err)
}

func joined(errs []*Error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = e
	}
	return errors.Join(all...)
}
