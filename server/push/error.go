package push

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/tree"
)

// Error is why the publisher refuses something.
type Error struct {
	Tag     tree.Tag
	Reason  string // the identity that says it, as MODULE:NAME
	Message string
	// Info is what RFC 8639 section 2.4.6 and RFC 8641 section 4.4 have told besides.
	Info *tree.Container
}

// Error implements the error interface.
func (e *Error) Error() string { return e.Message }

// The identities that are used.
const (
	datastoreNotSubscribable = moduleYP + ":datastore-not-subscribable"
	filterUnavailable        = moduleSN + ":filter-unavailable"
	filterUnsupported        = moduleSN + ":filter-unsupported"
	encodingUnsupported      = moduleSN + ":encoding-unsupported"
	insufficientResources    = moduleSN + ":insufficient-resources"
	noSuchSubscription       = moduleSN + ":no-such-subscription"
	noSuchForResync          = moduleYP + ":no-such-subscription-resync"
	onChangeUnsupported      = moduleYP + ":on-change-unsupported"
	periodUnsupported        = moduleYP + ":period-unsupported"
	replayUnsupported        = moduleSN + ":replay-unsupported"
	unchangingSelection      = moduleYP + ":unchanging-selection"
	unsupportableVolume      = moduleSN + ":unsupportable-volume"
)

// tags are the error-tags of the identities (RFC 8640 section 7).
var tags = map[string]tree.Tag{
	datastoreNotSubscribable: tree.TagInvalidValue,
	filterUnsupported:        tree.TagInvalidValue,
	encodingUnsupported:      tree.TagInvalidValue,
	insufficientResources:    "resource-denied",
	noSuchSubscription:       tree.TagInvalidValue,
	noSuchForResync:          tree.TagInvalidValue,
	onChangeUnsupported:      tree.TagOperationUnsupported,
	periodUnsupported:        tree.TagInvalidValue,
	replayUnsupported:        tree.TagOperationUnsupported,
	unchangingSelection:      tree.TagOperationFailed,
}

// refusal is an Error before it is known of which operation. hints are pairs of
// name and value.
type refusal struct {
	reason, message string
	hints           []string
}

// Error implements the error interface.
func (r *refusal) Error() string { return r.message }

func noSuch(id uint32) *refusal {
	return &refusal{reason: noSuchSubscription, message: fmt.Sprintf("there is no subscription %d; it may be over, or another session's", id)}
}

func badFilter(err error) *refusal {
	return &refusal{filterUnsupported, "the filter cannot be used: " + err.Error(), []string{"filter-failure-hint", err.Error()}}
}

// operation names the yang-data in which it tells why it is refused.
type operation struct{ module, structure string }

var (
	deleting  = operation{moduleSN, "delete-subscription-error-info"}
	resyncing = operation{moduleYP, "resync-subscription-error"}
)

func establishing(input *tree.Container) operation { return byTarget(input, "establish-subscription") }

func modifying(input *tree.Container) operation { return byTarget(input, "modify-subscription") }

func byTarget(input *tree.Container, name string) operation {
	if text(input, moduleYP, "datastore") != "" {
		return operation{moduleYP, name + "-datastore-error-info"}
	}
	return operation{moduleSN, name + "-stream-error-info"}
}

// refuse gives a refusal the form that the operation has for it; other errors stay
// what they are.
func (m *model) refuse(op operation, err error) error {
	r, is := err.(*refusal)
	if !is {
		return err
	}
	info := made(m.structure(op.module, op.structure), nil, append([]string{"reason", r.reason}, r.hints...)...)
	return &Error{Tag: tags[r.reason], Reason: r.reason, Message: strings.TrimSpace(r.message), Info: info}
}
