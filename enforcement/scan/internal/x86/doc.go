// Package x86 measures x86 instructions: how long they are and where their
// parts stand, in the encodings of the Intel SDM (volume 2, chapter 2 and
// appendix A), AVX, AVX-512, APX and AMD's XOP among them. It does not know
// what an instruction does. What a processor refuses as invalid may be measured
// as if it were valid; what is valid is measured right.
package x86
