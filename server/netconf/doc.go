// Package netconf is the appliance's NETCONF server: RFC 6241 over SSH
// (RFC 6242) and TLS (RFC 7589), with notifications and their replay (RFC 5277), those about the server
// itself (RFC 6470), subscriptions to events and to datastores (RFC 8639, RFC 8640,
// RFC 8641), monitoring (RFC 6022), the YANG library (RFC 8525), the
// datastores of NMDA (RFC 8526) and the modes of with-defaults (RFC 6243).
//
// A [Server] turns streams into sessions: [Server.Accept] those of a connection
// that a client made, [Server.Call] those of one that was made to a client
// (RFC 8071), [Server.Serve] those of an SSH listener, [Server.ServeSession] any
// other. One goroutine owns each session.
// It takes the requests one after another and sends replies and notifications
// in the order they came about, so a pipelining client gets its answers in
// order and a notification never overtakes the reply to the request that
// caused it. A second goroutine reads, a third writes; a peer that stops
// reading stops only its own session, which is dropped after a time limit.
//
// Every edit is one transaction: whatever error-option asks for, an edit that
// fails changes nothing. This is the rollback-on-error of RFC 6241 section 7.2,
// satisfies stop-on-error, and leaves continue-on-error nothing to continue with.
//
// A client that says private-candidate in its hello has a candidate of its own
// (draft-ietf-netconf-privcand-09); parts of running can be locked (RFC 5717); the
// configuration of the factory can be read and brought back (RFC 8808). Package
// datastore says what each means there.
//
// A confirmed commit without persist is undone with its session; see package
// datastore for what others may do meanwhile.
//
// There is no startup datastore, and so no capability :startup: running is
// durable when a change of it is answered, and is what the appliance starts with.
// What names startup is refused as an unknown element. A url is read and written by
// [Config] Files, which says which URLs there are (section 8.8).
//
// The datastore, access control and notification hub are those of the
// neighbouring packages; what they refuse becomes rpc-error in rpcerror.go
// alone.
package netconf
