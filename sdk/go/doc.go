// Package waveguard lets a Go program live behind Waveguard's walls: several
// services in one process, each in a protection domain of its own, which
// touch each other's memory never and call each other only through gates that
// obey the daemon's policy.
//
//	host, err := waveguard.Attach(ctx, waveguard.Config{
//		Socket: "/run/waveguard/attach.sock",
//		Services: []waveguard.ServiceSpec{{
//			Name:       "key-store",
//			Operations: []waveguard.Operation{{Name: "derive-key", Handler: derive}},
//		}, {
//			Name: "dashboard",
//		}},
//	})
//	...
//	secrets, err := host.Service("key-store").NewRegion(4096)
//	...
//	err = host.Service("dashboard").Run(ctx, func(t *waveguard.Thread) error {
//		key, err := t.Call("key-store", "derive-key", "line-7")
//		...
//	})
//
// # What is protected
//
// Region memory, and nothing else. A [Region] is off the Go heap; with
// protection keys (Intel and AMD PKU) the only threads that can touch it are
// those inside its domain, and the gate changes a thread's rights with one
// instruction. Everything else in a Go process has key 0, which every domain
// can use: the heap, goroutine stacks, globals, the runtime. So:
//
//   - What must stay secret belongs in a region, and stays there: a copy in a
//     string, a []byte of the heap or a local variable is readable by all.
//   - An argument or result of [Thread.Call] is passed as it is. On the heap
//     both sides can use it; a slice of a region the other side cannot.
//   - Walls stop stray and hostile reads by ordinary code. Code that contains
//     its own WRPKRU instruction, or is allowed the system calls that move
//     walls, is not stopped by this package.
//
// [Host.Status] says which strength this machine gives: HARDWARE_REGION with
// protection keys, MPROTECT without. With MPROTECT a region is open to the
// whole process while any thread is inside its domain: good for development,
// no defence.
//
// # Threads
//
// [Service.Run] locks the goroutine to its thread, enters the service's domain
// and leaves it again at the end, whatever happens in between. Goroutines
// started inside begin outside of every domain. A [Thread] belongs to the
// goroutine that was given it; on another one its methods refuse. A handler must not
// call runtime.UnlockOSThread without a lock of its own: a few of these do no harm,
// but a goroutine that does leave its thread leaves its rights behind for others, and
// the process ends when that is noticed, at the way back.
//
// Domains can outnumber the hardware keys: a domain has one while a thread is
// inside, and for as long after as no other needs it. While threads are inside as
// many domains as there are keys to lend (14), who enters another one waits. So a
// thread that waits for the network or a lock does it in [Thread.Outside].
//
// A transition can have a limit to the time of its calls. At the limit the violation is
// reported and the handler's [Thread.Context] ends, with an [Overstay] as its cause;
// a handler that does not look goes on, since nothing ends a goroutine from outside.
//
// # Channels
//
// A service sends messages to others, in this process or in another one, by a ring of
// shared memory that is theirs alone: memory of the domains at its ends, which only threads inside
// can touch. Who may send and receive is configured in the daemon; which ends a service has, in
// its [ServiceSpec]:
//
//	Services: []waveguard.ServiceSpec{{
//		Name:     "dashboard",
//		Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Consumer}},
//	}},
//	...
//	levels, err := host.Service("dashboard").Receiver("levels")
//	err = host.Service("dashboard").Run(ctx, func(t *waveguard.Thread) error {
//		for {
//			m, err := levels.Receive(t)
//			...
//		}
//	})
//
// All consumers get every message from when they opened the channel, in order. In one that blocks,
// [Sender.Send] waits for the slowest of those that have it open; in one that drops, [Message.Lost] says what a slow one missed. Neither
// side makes a system call while the other keeps up, and neither allocates memory.
// [Sender.Loan] and [Sender.Publish] write a message where it is sent from.
//
// In a channel without integrity that blocks, a Receiver reads messages where the producer
// wrote them, and has to take into account that a producer that does not keep to the rules changes
// them meanwhile: read each thing once. All other messages are copied into memory of
// the consumer's domain and, with CRC32C or HMAC-SHA256, checked there; one that fails is
// skipped, counted and returned as a [Corrupted]. Checks of a producer and consumer that share
// a process cannot keep code that reads the stacks of its threads from learning the key, see above.
//
// Who waits for a message, for room, or for the channel to be opened waits outside the domain,
// after looking for [ChannelSpec].Poll, and no longer than the thread's context. A restart of
// the daemon or of the other side is a ring that is replaced by another one: no message is
// lost, unless the other side was ended with messages that nobody had sent or taken.
//
// # Faults
//
// Inside Run, touching a region of another domain ends the code that did it:
// it comes back as a [Fault], from [Thread.Call] if the code was an operation's
// handler, from [Service.Run] otherwise, and the process goes on. The fault is
// counted and reported to the daemon. Outside of Run such a touch is the
// ordinary fatal error of a Go program. Passing region memory to a system call
// without the right to it fails with EFAULT.
//
// # Without the daemon
//
// Gates need no daemon: they read its policy from a shared page. If it goes
// away they go on under the last policy, channels go on as they are, and the host attaches again by
// itself as soon as it can.
package waveguard
