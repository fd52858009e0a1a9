// Package launch runs a program that knows nothing of Waveguard under what can be
// had without changing it, and keeps it running.
//
// The program is started in two steps: this program starts itself again, which
// confines itself for good ([Stage]) and then executes the program, so that the
// program's first instruction is confined.
package launch
