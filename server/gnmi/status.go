package gnmi

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// tagCodes gives RFC 6241's error-tags their codes (gNMI specification section
// 3.4.7). Those that are missing are faults of the data: INVALID_ARGUMENT.
var tagCodes = map[tree.Tag]codes.Code{
	tree.TagTooBig:               codes.ResourceExhausted,
	tree.TagOperationUnsupported: codes.Unimplemented,
	access.TagAccessDenied:       codes.PermissionDenied,
	// What others hold has to be let go first; the commit confirmed extension wants
	// this code while a commit waits.
	datastore.TagInUse:          codes.FailedPrecondition,
	datastore.TagLockDenied:     codes.FailedPrecondition,
	datastore.TagResourceDenied: codes.ResourceExhausted,
}

// codeOf returns the code of one error. Without an app-tag, operation-failed is
// the appliance's failure rather than a constraint of the model (RFC 7950
// section 15).
func codeOf(e *tree.Error) codes.Code {
	if e.Tag == tree.TagOperationFailed && e.AppTag == "" && len(e.Path) == 0 {
		return codes.Aborted
	}
	if c, ok := tagCodes[e.Tag]; ok {
		return c
	}
	return codes.InvalidArgument
}

// toStatus translates an error of the datastore, the codecs or access control.
// It is the only place where that happens. All faults are in the message and,
// each with its path, in a google.rpc.BadRequest detail.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	faults := flatten(err)
	if len(faults) == 0 {
		return plainStatus(err)
	}
	messages := make([]string, len(faults))
	detail := &errdetails.BadRequest{}
	for i, f := range faults {
		messages[i] = describe(f)
		detail.FieldViolations = append(detail.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: f.Path.String(), Description: f.Message, Reason: reason(f),
		})
	}
	code := codeOf(faults[0])
	if errors.Is(err, datastore.ErrNoneWaits) {
		code = codes.FailedPrecondition
	}
	st := status.New(code, strings.Join(messages, "; "))
	if with, err := st.WithDetails(detail); err == nil {
		st = with
	}
	return st.Err()
}

func plainStatus(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	}
	return status.Error(codes.Internal, err.Error())
}

// maxFaults bounds how many faults one status tells.
const maxFaults = 20

// flatten returns the errors of the tree package that err joins or wraps.
func flatten(err error) (faults []*tree.Error) {
	switch e := err.(type) {
	case nil:
	case *tree.Error:
		return []*tree.Error{e}
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			faults = append(faults, flatten(part)...)
		}
	default:
		return flatten(errors.Unwrap(err))
	}
	return faults[:min(len(faults), maxFaults)]
}

// describe says what is wrong and where.
func describe(e *tree.Error) string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return e.Path.String() + ": " + e.Message
}

// reason is the most specific tag, in the form that BadRequest asks for.
func reason(e *tree.Error) string {
	tag := e.AppTag
	if tag == "" {
		tag = string(e.Tag)
	}
	return strings.ToUpper(strings.ReplaceAll(tag, "-", "_"))
}
