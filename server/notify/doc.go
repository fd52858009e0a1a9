// Package notify carries YANG notifications (RFC 7950 section 7.16) from those
// who observe to those who subscribed, and keeps the past for replay (RFC 5277
// section 3.3).
//
// A publisher is never held up: every subscription has a bounded queue of its
// own, which drops its oldest notification when it is full and counts the loss.
//
// A hub from [Open] has a log. It holds in memory the newest notifications, up
// to a bound in octets, and one writer follows it to disk: what was published is
// durable a moment later, not when Publish returns, because no commit may wait
// for it. The log outlives the process; a crash can cost its last moment, and
// what a crash left half-written is cut off.
package notify
