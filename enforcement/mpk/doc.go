// Package mpk builds walls between the domains of one process.
//
// A [Domain] owns [Region]s: page-aligned memory outside the Go heap, with an
// unmapped guard page on both sides and left out of core dumps. A thread
// touches the regions of the one domain that it is inside, and of no other.
// What keeps the others away is the [Backend]:
//
//   - PKU, protection keys of Intel and AMD processors (Intel SDM volume 3,
//     section 5.6.2, "Protection Keys"; Linux Documentation/core-api/protection-keys.rst).
//     Every domain has a hardware key, and PKRU, a register of each thread,
//     says which keys the thread may use. Moving to another domain is one
//     unprivileged instruction, WRPKRU.
//   - MPROTECT, for machines without protection keys. Regions are opened and
//     closed with mprotect(2), for the whole process: while one thread is
//     inside a domain, every thread can touch its regions. It finds mistakes,
//     it stops no adversary.
//   - NONE, no wall at all: the measure that the others are compared with.
//
// A region is memory of its own, or that of a file, which others have mapped as well: then
// threads inside the domain alone can touch it in this process, and what others do with it is
// decided by who gets the file.
//
// # What is behind a wall, and what is not
//
// Key 0 covers everything that was not put in a region: the Go heap, all
// goroutine and signal stacks, globals, the runtime. The runtime remaps heap
// and stacks as it likes, so they cannot be given another key, and every
// domain has key 0 open. Go code in one domain can therefore read whatever
// another domain keeps in ordinary variables, and unsafe or assembly code
// with a WRPKRU of its own can open any wall. The WRPKRU of this package traps
// behind any value but those of a thread outside or in one domain; which domain a
// thread may be in, it cannot know, because nothing that it could look up is out of
// the reach of that code. Strength [HardwareRegion] means
// exactly this: regions are walled, the rest is shared.
//
// A system call that is handed region memory obeys the calling thread's PKRU
// and fails with EFAULT; it raises no fault.
//
// # Threads
//
// PKRU belongs to the operating system's thread, a goroutine does not.
// Whoever calls [Backend.Switch] must hold [runtime.LockOSThread] from before
// the first switch until after the restore to no domain; otherwise another
// goroutine inherits the rights. Locked, the runtime neither runs another
// goroutine on the thread nor clones a new thread from it, and signal
// handlers (preemption among them) run with, and come back from, rights that
// the kernel saves and restores.
//
// # Hardware keys
//
// The PKU backend takes every key the kernel has left when it is first
// opened, and returns none to the kernel while the process lives. A free key
// would be a way around the walls: pkey_free and pkey_alloc hand a key that
// still tags memory to a new owner with the rights already open, and
// mprotect(PROT_EXEC) silently moves a page to a spare key and from there to
// key 0.
//
// Domains can outnumber keys: package keys lends one to a domain while threads
// are inside. The regions of all others are under a key that no thread ever opens,
// so that a domain without a key is no less closed, only slower to enter: its
// regions, and those of the domain that loses the key, are tagged anew with
// pkey_mprotect(2), whose cost grows with their size.
//
// A domain that is pinned when it is made keeps its key. On a kernel that has mseal(2)
// its regions are sealed: nobody in the process can unmap, replace or tag them anew,
// this package included, so that they and their key are in use until the process ends.
package mpk
