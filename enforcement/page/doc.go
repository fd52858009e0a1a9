// Package page reads and writes the two pages that a host process shares with
// the daemon.
//
// The policy page carries policy to the gates: the daemon publishes with
// [Policy], a service looks up with [PolicyReader]. It is sealed so that only
// the mapping that the daemon made before the seal can ever write it. It has
// two banks; a publication fills the one not in use and then switches with a
// single store of the epoch. Readers take no lock, and a daemon that dies
// half-way leaves the last published policy in force.
//
// The stats page carries counters back: a service counts with [Stats], the
// daemon reads with [StatsReader] and believes nothing in it but the numbers.
//
// The layout is defined, and described in full, in
// sdk/include/waveguard/page.h; the constants here mirror it and a test
// compares them with what a C compiler says. Opening a page checks its seals,
// its size and every offset: forged pages give [ErrFormat], never a fault.
package page
