// Package channel is the memory of channels: rings of shared memory by which a
// service sends messages to others. sdk/include/waveguard/channel.h describes
// the layout and what each side does in it.
package channel
