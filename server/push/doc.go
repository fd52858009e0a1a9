// Package push is the publisher of subscribed notifications (RFC 8639) and of YANG
// push (RFC 8641): events as they happen or happened, and the content of datastores
// now and then or as it changes. It knows nothing of protocols. A session has a
// [Receiver], asks it what to send next, and writes that in its own way.
//
// A receiver is pulled, never pushed at. Events wait for it in a bounded queue,
// which lets the oldest go; of a datastore nothing waits at all: each subscription
// holds the version that the receiver has, and what comes next is the difference
// between that and the present one. A receiver that is slow gets fewer and larger
// updates, and a commit pays for none of them.
package push
