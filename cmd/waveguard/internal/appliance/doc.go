// Package appliance is a gNMI client of a Waveguard appliance that knows its
// models: it reads system, domains, services and transitions as Go values,
// changes transitions and watches what happens. TLS is always verified.
//
// All errors of the appliance or of the way to it are an *[Error].
package appliance
