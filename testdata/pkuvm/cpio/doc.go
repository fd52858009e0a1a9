// Package cpio writes cpio archives in the "newc" format, the one the Linux
// kernel unpacks as its initial file system.
//
// The format is described in the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst.
package cpio
