//go:build linux && amd64

package mpk

// ReadPKRU shows tests the live register.
var ReadPKRU = readPKRU

// WritePKRU is the gate's instruction, as its callers use it.
var WritePKRU = writePKRU

// PkeyAlloc lets tests ask the kernel for a key.
var PkeyAlloc = pkeyAlloc

// OpenKeys is the check of the initial PKRU.
var OpenKeys = openKeys
