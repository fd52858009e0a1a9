// Package optical has the algorithms of a small optical control plane: a
// network topology with k shortest loopless paths (Yen), wavelength
// assignment by first fit, and a model of the light on each link.
//
// The state of [Topology] and [Spectrum] is memory that the caller gives
// them, in a fixed little-endian layout, so that it can live in a protection
// domain. Only what an algorithm computes along the way is on the Go heap.
// A method faults where touching the memory does.
package optical
