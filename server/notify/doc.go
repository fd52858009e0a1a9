// Package notify carries YANG notifications (RFC 7950 section 7.16) from those
// who observe to those who subscribed.
//
// A publisher is never held up: every subscription has a bounded queue of its
// own, which drops its oldest notification when it is full and counts the loss.
package notify
