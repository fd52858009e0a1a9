// Package journal keeps a sequence of records on disk so that each one that was
// appended without error survives any crash, whole, and no other is ever seen
// in part.
//
// A directory holds one append-only file, journal, and a snapshot,
// config-<sequence>.json, which stands for all records up to its sequence
// number. Reading back starts from the newest snapshot and goes on with the
// records behind it. Payloads and snapshots are opaque here.
//
// A crash can leave only the last record incomplete, because a record is made
// durable before the next one begins. Whatever follows the last whole record
// is therefore cut off when the directory is opened, unless another whole
// record follows it: then the file was damaged, and it is refused.
package journal
