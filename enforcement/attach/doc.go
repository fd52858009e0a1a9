// Package attach is where host processes join the appliance: it accepts their
// connections, learns from the kernel who they are, and carries the
// conversation of package wire. What a process may claim, and what its policy
// is, an Authority decides.
package attach
