// Package redteam holds what hostile code inside a workload tries, for the tests of
// what stops it. It is part of no program.
package redteam

// EndedStatus is that of a container whose program was ended by a signal.
const EndedStatus = 99
