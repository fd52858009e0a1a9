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
// made it. While it waits for its confirmation, only its session changes running, and
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
