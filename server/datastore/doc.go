// Package datastore holds the appliance's configuration and state: the running
// and candidate datastores of RFC 6241 and the operational view.
//
// Every version of a datastore is an immutable tree. Readers load a pointer and
// are never blocked; writers take turns. A change of running goes one way:
//
//	access → validation → Engine.Prepare → journal (durable) → running → commit → watchers
//
// Whatever refuses on the way leaves everything as it was. What was answered
// without error survives any crash.
//
// # The candidate
//
// There is one candidate for all sessions. While nobody changed it, it is the
// same as running, and follows it. Once changed it stays as it is, whatever
// running does, until it is committed, which makes all of running equal to it,
// or discarded (RFC 6241 section 8.3).
//
// A session can have a candidate of its own instead ([Store.OwnCandidate],
// draft-ietf-netconf-privcand): a copy of running as it was when the session first used
// it. An update brings what has changed in running since into it, and a commit does
// that first, so that it takes back no change of others. What both have changed is a
// conflict, which fails the commit and the update, unless the update says whose version
// counts. A session's lock of its own candidate is in nobody's way and holds up nobody:
// it only makes the changes go with the lock, as that of the shared one does. Discard
// makes the candidate running as it is now.
//
// # Locks
//
// A lock is on a whole datastore (RFC 6241 section 7.5), or on nodes of running with
// all below them (RFC 5717), never both at a time. Whoever changes running is refused
// what another session has locked, once it is known what changes: a commit, an edit, a
// copy, a gNMI Set, a reset. Nobody's lock holds up the undoing of a confirmed commit.
// The candidates are not locked with running.
//
// # Factory
//
// A reset (RFC 8808) is a transaction like any other, after which the history is erased
// from memory and disk: running is what is left, the candidates begin anew. A crash
// between the two leaves the reset made and the history to be erased by the next one.
//
// # History
//
// The journal keeps the records of the last commits, fifty unless Config says
// otherwise: who changed what, when, and what was said of it. What is older is folded
// into a snapshot. Going back is a transaction like any other, to a version that shares
// all but the difference.
//
// # Confirmed commits
//
// A confirmed commit (RFC 6241 section 8.4) belongs to the store, whichever protocol
// made it: a commit of a candidate, or a change of running that is one from the start
// ([Store.ApplyFor]). While it waits for its confirmation, only its session changes running, and
// nobody else locks it: a change by others would be lost, without a word to them, when
// the commit is undone. Others may fill the candidate. The wait is in the journal: it
// survives a crash, and is undone on time, or at once where that has passed or where
// its session, which no crash survives, should have confirmed it.
//
// # Operational
//
// The operational tree is the running configuration and the state in one. In
// the OpenConfig manner, a leaf of a container "config" is repeated in its
// sibling "state" when that has a leaf of the same name. What a list entry
// holds goes when the entry goes.
package datastore
