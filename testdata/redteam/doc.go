// Package redteam holds what hostile code inside a workload tries, for the tests of
// what stops it. It is part of no program.
package redteam
