// Command costs measures what isolation costs on this machine, beside no
// isolation and beside separate processes, and prints it in Markdown for
// docs/performance.md.
//
//	make bench-costs
//
// What is compared is measured in turn within one run, in rounds, each way in a
// process of its own; figures are medians of the rounds. Whatever answers a call
// counts it, and each section checks the counts, for gates those that the daemon
// has from the stats page: a way that did not do what it says fails the run.
//
// Times are those of gates without walls (backend NONE), for a processor without
// protection keys. What keys add is instructions, and those are counted: the
// paths are single-stepped, also in a virtual machine that has keys, where WRPKRU is
// executed and its time means nothing.
//
// It needs root or the right to trace its own children, gcc, and for a part that is
// left out without them valgrind and the virtual machine of testdata/pkuvm. It is
// here, below cmd/waveguard, because the work that it measures is the
// demonstration's (package optical).
package main
