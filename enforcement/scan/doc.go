// Package scan finds the instructions by which code in user mode can change PKRU,
// and with it what memory it may touch: WRPKRU and XRSTOR, at every byte offset of
// executable memory, since a jump can lead to any byte.
//
// What it looks at is what a processor can execute: the executable segments of
// an ELF file in the whole pages that loading maps, or the executable mappings of
// a process. Memory that follows without a gap is read as one.
//
// # Classes
//
// Prefixes do not matter, and what stands before a hit proves nothing, because one
// can jump past it. What stands behind it must be executed. So:
//
//   - [Proven]: on every path behind the hit, PKRU or the mask of XRSTOR is
//     compared with a constant before memory is touched or the path is left, and
//     the code goes on only if PKRU is as it was, or opens no key but key 0.
//     Otherwise it is stopped by an exception, or tries again. It holds for any
//     registers and memory at the hit, in 64-bit and in 32-bit mode.
//   - [Entry]: the same, but the constant opens keys. Whoever executes it can
//     only go on at the one place named in the claim.
//   - [Gate]: the WRPKRU of Waveguard's SDK, recognised by all bytes of its
//     function: an Entry for no key and for each of those that are one domain's.
//   - [Masked]: an XRSTOR which a constant without PKRU's bit leads to, along a
//     straight line into which no direct branch of its code leads. Code that jumps
//     to it is not stopped. Of this kind are those of the dynamic loader.
//   - [Open]: all others.
//
// # What is assumed
//
// The bytes stay as they were read: no memory is writable and executable, none
// becomes executable later, and no file changes below its mapping. PKRU is also
// written by the kernel, when a signal handler returns (rt_sigreturn), by a
// debugger, and for a thread that begins; a scan says nothing of those. 16-bit code
// (modify_ldt) and enclaves (ERESUME) must be kept away by other means.
package scan
