// Package gnmitest is a gNMI target for tests of its clients: it serves over
// TLS with a password, answers Get from a table, remembers what is Set and
// streams what it is told to.
package gnmitest
