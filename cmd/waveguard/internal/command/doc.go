// Package command is the operator's command: its table of commands, their
// flags and output, and its exit statuses.
package command
