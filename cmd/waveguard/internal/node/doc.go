// Package node is the demonstration optical node: a process with the five
// services of a small optical control plane side by side, each in its own
// protection domain, on the SDK that any Go workload would use.
//
//	path-computation        k shortest paths for demands on NSFNET, lightpaths
//	wavelength-assignment   first fit on 80 channels a link
//	performance-monitoring  power and OSNR of each link, in a ring of readings
//	key-store               keys of links and lightpaths, tags of readings
//	dashboard               a summary, made of what the others answer
//
// A service's state is in its region: numbers at fixed offsets, little-endian.
// Its methods that touch the state run inside its domain only, in its loop or
// as an operation that another service called through a gate. Go values that
// cross a gate, intermediate results and the working state of the standard
// library's cryptography are on the Go heap, which has no walls; package
// waveguard says what that means.
//
// Each turn of a service's loop enters the domain anew and leaves it before
// it rests: with the MPROTECT backend a region is open to the whole process
// while a thread is inside its domain, so nobody lingers there.
//
// A mutex per service guards its state. No service calls another while it
// holds its own.
package node
