// Package csdk holds the tests of libwaveguard: C and C++ programs of sdk/c/testdata
// run against the daemon's own enforcement. It is part of no program.
package csdk
