// Package kernel provides Linux kernels to boot: it fetches Debian's kernel
// packages into a cache, unpacks them there without installing anything, and
// finds in them the image and the modules that a virtual machine needs.
package kernel
