// Package gnmi is the gNMI target of the appliance: [gNMI 0.10.0] over TLS, on
// the same datastore as every other protocol. What the specification leaves to
// the target is decided as follows.
//
// # Sign-in
//
// Every call is signed in by username and password in its metadata, or by a
// client certificate that the connection showed, which stands for the user of its
// common name where the configuration does not say another. Access control
// decides on the calls ("capabilities", "get", "set", "subscribe"), on what is
// read, and on what a Set changes. A path that names what the user may not read
// is refused; below a path such nodes are left out.
//
// # Paths
//
// The origin may be left out, be openconfig or rfc7951, which all mean the whole
// schema, or be the name of a module with top-level nodes. Names of elements
// and keys may have their module before them. Keys that are missing or "*", and
// the names "*" and "...", are wildcards. Responses have whole paths, the
// request's target and origin in the prefix, and no module names.
//
// A path without a name or with wrong keys is INVALID_ARGUMENT, one that is not
// in the schema UNIMPLEMENTED (in a Set NOT_FOUND). Get answers NOT_FOUND when
// nothing is at a path now.
//
// # Values
//
// Encodings are JSON, JSON_IETF and PROTO; PROTO writes identities with their
// module, bits as their names, and the empty type as true. JSON is JSON_IETF
// without module names and with all numbers as numbers. Default values in use
// are reported like any others. A leaf-list has one value; so has a list without
// keys, which is always JSON_IETF in PROTO.
//
// The type CONFIG reads running, the others the operational data. OPERATIONAL is
// the state without what only repeats the configuration.
//
// # Set
//
// All operations are one transaction. Update of a leaf-list adds, replace
// replaces. A list as a whole is replaced through the container around it.
// union_replace and the extensions history and config_subscription are refused
// with UNIMPLEMENTED, all other extensions but commit are ignored. While a NETCONF
// session has locked running, or the part of it that changes, Set is
// FAILED_PRECONDITION and tells which session.
//
// With the extension commit ([commit confirmed]), a Set waits to be confirmed, ten
// minutes unless it says else, and is undone if nobody does: also when the daemon
// was restarted meanwhile. It is a confirmed commit like NETCONF's, whose persist is
// the id: while one waits, all other changes are refused, whoever makes them, and
// NETCONF's commit and cancel-commit with that persist-id confirm and cancel it.
// Confirm leaves the candidate alone. Rules of access control for the operations
// commit and cancel-commit hold for the extension too.
//
// # Subscribe
//
// POLL sends all values at first and for each poll. Under TARGET_DEFINED
// counters and gauges are sampled (Limits.CounterInterval) and all other values
// are sent on change. Intervals have a least value (Limits.SampleInterval),
// which sample_interval 0 asks for.
//
// A node that goes is told by one delete of its path; a leaf whose default comes
// into use, by an update. Values of one moment share notifications, each in an
// update of its own, unless Limits.UpdatesPerMessage is 1. The order of
// user-ordered entries is not told.
//
// A subscriber that takes values more slowly than they change gets fewer
// versions of them, the last one always; it holds up nobody else. It is not
// told how many it missed: the field duplicates stays 0.
//
// [commit confirmed]: https://github.com/openconfig/reference/blob/master/rpc/gnmi/gnmi-commit-confirmed.md
// [gNMI 0.10.0]: https://github.com/openconfig/reference/blob/master/rpc/gnmi/gnmi-specification.md
package gnmi
