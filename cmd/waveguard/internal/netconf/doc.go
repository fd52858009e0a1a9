// Package netconf is a NETCONF client over SSH (RFC 6241, RFC 6242) for the
// operator's command: base:1.0 and base:1.1, requests that do not wait for one
// another, notifications apart from replies, a host key that is always verified.
//
// A [Session] works over any stream; [Dial] makes one over SSH. What the server
// refuses is an [*RPCError]; all other errors of the way to it are an
// [*appliance.Error], so that both say how the command ends.
package netconf
