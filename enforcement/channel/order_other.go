//go:build !amd64

package channel

// keepsOrder is false where the fences of channel.h are instructions, which Go has not.
const keepsOrder = false
