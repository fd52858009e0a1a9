// Package wire is the protocol by which a host process joins the daemon. It
// encodes, decodes and carries messages, and decides nothing.
//
// # Transport
//
// A Unix socket of type SOCK_SEQPACKET: one message is one packet, of at most
// 65536 bytes. All integers are little-endian, without alignment. A string is
// a u16 count of bytes and then valid UTF-8; a list is a u16 count of
// elements and then the elements. A message ends where its last field ends;
// a byte more or less is an error, as is any value outside the ranges below.
// Whoever receives an error closes the socket.
//
// Every message begins with a header of 16 bytes:
//
//	offset  type  field
//	0       u32   magic, 0x54414757 ("WGAT")
//	4       u16   version, 3
//	6       u16   type
//	8       u32   length of the whole message, header included
//	12      u32   sequence: 1 for the first message a side sends, then one more each
//
// # Conversation
//
//	service                            daemon
//	Hello                       →
//	                            ←      Welcome with 3 descriptors, or Refused and close
//	(maps the pages)
//	Ready                       →      in 5 seconds
//	                            ←      nothing, or Refused and close
//	Violation ...               →
//	                            ←      Channel with descriptors, or Withheld, for each end, and again
//	Mapped                      →      when the end of a Channel is mapped
//	Ping                        ↔      Pong, with the same token, by either side
//	Bye, close                  →
//
// Descriptors travel with Welcome as SCM_RIGHTS, in this order: the policy
// page, the stats page (both in sdk/include/waveguard/page.h), the doorbell
// eventfd. With Channel come, in this order: the control page, the ring and the bell
// for room (sdk/include/waveguard/channel.h), then the cursor and the bell for news of each
// consumer to a producer, or of its own place to a consumer. No other message carries any.
// A service closes surplus ones; the daemon takes none and ends the connection.
//
// All messages of a service come from the process that connected: its number is
// the one in SCM_CREDENTIALS of each (unix(7)), or the daemon ends the connection.
//
// A socket that closes ends the attachment. The service goes on under the
// policy it has, connects again and says Hello again with the id it had.
//
// # Indexes
//
// Welcome lists the services in the order of Hello. The hosted domains are
// those it names, each once, in the order of first appearance: that position
// is the local index of a domain, in the pages and in Violation. Operation
// bit i of a domain is the i-th operation of its services, taken in the order
// of Hello and, in a service, in the order listed. A domain has at most 32.
//
// The ends of channels are numbered in the order of Hello: those of the first service in
// the order listed, then those of the next. A process has at most 256.
//
// # Channels
//
// Once the service is ready the daemon says of each end where it stands: a Channel
// when it can be mapped, Withheld as long as it cannot. The producer's Channel comes first;
// consumers get theirs when the producer has sent Mapped. Either comes again whenever things
// change. A Channel with a newer generation takes the place of an older one. A Withheld
// after a Channel says that the end is closed, which the control page says as well, unless it was
// only this end that was closed. One for the codes "waiting" and "internal" leaves a ring that the service has
// from another daemon, and that has not ended, as it is.
//
// # Messages
//
//	type 1  Hello
//	  u32 ABI of the pages   u8 backend (0 NONE, 1 MPROTECT, 2 PKU)
//	  u8 isolation strength (0 NONE, 1 MPROTECT, 2 HARDWARE_REGION, 3 HARDWARE_COMPARTMENT)
//	  u8 hardware keys held, 0..15
//	  u64 id of the attachment that this one continues, 0 if it is the first
//	  list of 1..1024 services: string name, list of 0..32 operations: string name,
//	    list of 0..32 ends of channels: u8 role (1 producer, 2 consumer), string channel name
//	type 2  Welcome
//	  u64 attachment id, not 0
//	  list of 1..1024 services: string name, string domain name,
//	    u16 domain id 0..4095, u8 privilege level 0..4
//	type 3  Refused
//	  u16 code, see RefusalCode   string message for people, 1..1024 bytes
//	type 4  Ready, type 6 Bye: nothing more
//	type 5  Violation
//	  u8 kind, see Kind    u8 severity, see Severity
//	  u16 index of the service in Hello   u16 source domain   u16 target domain
//	  u16 operation bit, 0xffff for none
//	  u32 thread id   u64 address, 0 for none
//	  u32 occurrences this message stands for, not 0
//	  u64 reports lost since the process started
//	  u8 outcome: 0 stopped, 1 tolerated, because the source domain is permissive
//	type 7  Ping, type 8 Pong
//	  u64 token
//	type 9  Channel
//	  u16 end   u8 role   u8 consumers, 1..32   u8 place, 0 for a producer, below consumers
//	  u64 generation, not 0
//	type 10 Mapped
//	  u16 end   u64 generation, not 0
//	type 11 Withheld
//	  u16 end   u16 code, see WithheldCode   string message for people, 1..1024 bytes
//
// Names have 1 to 63 bytes, without spaces and control characters.
//
// The domain id and level are those of the policy at the time. The name and
// id of each service's domain must not change from one attachment of a
// process to the next: its memory and keys are bound to them.
package wire
