//go:build linux && amd64

package mpk

// ReadPKRU shows tests the live register.
var ReadPKRU = readPKRU

// WritePKRU lets tests play the part of rogue code.
var WritePKRU = writePKRU

// PkeyAlloc lets tests ask the kernel for a key.
var PkeyAlloc = pkeyAlloc

// OpenKeys is the check of the initial PKRU.
var OpenKeys = openKeys
