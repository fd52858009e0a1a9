// Package netconftest is an appliance for tests of NETCONF clients: the real server
// over SSH, the real datastore, with an engine that puts nothing in force.
package netconftest
