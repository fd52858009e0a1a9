package waveguard

import "golang.org/x/sys/unix"

// threadID is the kernel's number of the calling thread.
func threadID() uint32 { return uint32(unix.Gettid()) }
