// Package endpoints keeps the ways into the appliance as its configuration has
// them (module mpk-security-server): where NETCONF and gNMI listen, which
// controllers are called, with which keys and certificates.
//
// A change is prepared with everything that can fail, sockets bound, keys made
// and certificates read, and takes effect when it is committed: what begins
// after that finds the new, and what exists goes on.
package endpoints
