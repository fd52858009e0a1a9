// Package framing delimits NETCONF messages on a byte stream, in the two ways
// of RFC 6242: the end-of-message sequence of base:1.0 (section 4.3) and the
// chunks of base:1.1 (section 4.2).
//
// A [Framer] starts with end-of-message framing, which every peer speaks until
// both hellos are exchanged, and goes over to chunks with [Framer.Upgrade].
// Reading is strict: what the grammar of RFC 6242 does not allow is an error
// after which the stream cannot be trusted and must be closed.
package framing
