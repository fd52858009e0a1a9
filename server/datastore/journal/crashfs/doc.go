// Package crashfs is a directory in memory for tests of what survives: it keeps
// what was written apart from what was made durable, stops the world at any
// operation, and shows each state that a crash at that instant could leave.
package crashfs
