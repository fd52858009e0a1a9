//go:build !linux

package waveguard

// threadID has no meaning where no host can attach.
func threadID() uint32 { return 0 }
