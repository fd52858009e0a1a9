// Package confine takes from a program, before its first instruction, the system
// calls that move or pierce walls, and a few other ways to its secrets.
//
// A wall of protection keys holds against loads and stores. A system call can do
// without: remap the memory, read it through another door, write it into a register
// at the return from a signal. What is refused, and why, is [Refusals]; tests
// make the calls that pierce walls. The filter is seccomp's (Linux
// Documentation/userspace-api/seccomp_filter.rst): it sees numbers and values of
// arguments, not what pointers point at, and nothing takes it off again, whatever
// the program executes.
//
// Files of /proc are opened with the same call as all others: Landlock closes them, for
// programs with walls and where the kernel has it ([ClosesProc]).
//
// What it cannot do: the return from a signal (rt_sigreturn) restores PKRU from
// memory, and no program runs without it. A file that the program may write and
// then map is as good as memory that is writable and executable, unless code is fixed
// (Policy.FixedCode). testdata/redteam measures what each refusal is for.
package confine
