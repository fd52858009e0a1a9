// Package view shows the parts of a configuration tree that changed as the Go
// types of package gen, which enforcement and telemetry read. Entries that did
// not change are not looked at.
package view
