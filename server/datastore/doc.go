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
// # Operational
//
// The operational tree is the running configuration and the state in one. In
// the OpenConfig manner, a leaf of a container "config" is repeated in its
// sibling "state" when that has a leaf of the same name. What a list entry
// holds goes when the entry goes.
package datastore
