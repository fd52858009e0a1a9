package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A record is a header and a payload. The header, big-endian:
//
//	magic    4 octets  no JSON text contains them
//	length   4 octets  of the payload
//	sequence 8 octets
//	checksum 4 octets  CRC32C of length, sequence and payload
const headerSize = 20

// MaxPayload is the most octets one record may carry.
const MaxPayload = 64 << 20

var (
	magic      = []byte{0x89, 'W', 'J', 0x01}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// ErrTooBig is what Append returns for a payload beyond MaxPayload.
var ErrTooBig = errors.New("journal: record is too big")

// Record is one entry of the journal.
type Record struct {
	Seq     uint64
	Payload []byte
}

// Size returns how many octets the record takes in the journal.
func (r Record) Size() int64 { return headerSize + int64(len(r.Payload)) }

func appendRecord(dst []byte, r Record) []byte {
	dst = append(dst, magic...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Payload)))
	dst = binary.BigEndian.AppendUint64(dst, r.Seq)
	dst = binary.BigEndian.AppendUint32(dst, checksum(dst[len(dst)-12:], r.Payload))
	return append(dst, r.Payload...)
}

func checksum(lengthAndSeq, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(lengthAndSeq, castagnoli), castagnoli, payload)
}

// parseRecord returns the whole record that data begins with and its size; ok
// is false when there is none. The payload shares data's memory.
func parseRecord(data []byte) (r Record, size int, ok bool) {
	if len(data) < headerSize || !bytes.HasPrefix(data, magic) {
		return r, 0, false
	}
	length := binary.BigEndian.Uint32(data[4:])
	if uint64(length) > uint64(min(len(data)-headerSize, MaxPayload)) {
		return r, 0, false
	}
	size = headerSize + int(length)
	r = Record{Seq: binary.BigEndian.Uint64(data[8:]), Payload: data[headerSize:size]}
	if checksum(data[4:16], r.Payload) != binary.BigEndian.Uint32(data[16:]) {
		return r, 0, false
	}
	return r, size, true
}

// CorruptError tells that a file does not hold what was written to it.
type CorruptError struct {
	File   string
	Offset int64
	Reason string
}

// Error says what is wrong with the file and what can be done.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s is damaged at offset %d: %s; restore the directory from a backup, "+
		"or move it away to start again from the initial configuration", e.File, e.Offset, e.Reason)
}

// scan returns the records that data, a journal's content, begins with, and
// the number of octets they take. What follows those is an incomplete record;
// if a whole one stands behind it, the error is a *CorruptError.
func scan(data []byte) (records []Record, whole int64, err error) {
	at := 0
	for at < len(data) {
		r, size, ok := parseRecord(data[at:])
		if !ok {
			break
		}
		if n := len(records); n > 0 && r.Seq != records[n-1].Seq+1 {
			return records, int64(at), corrupt(at, "record %d follows record %d", r.Seq, records[n-1].Seq)
		}
		records = append(records, r)
		at += size
	}
	if next := findRecord(data, at+1); next >= 0 {
		return records, int64(at), corrupt(at, "a record is unreadable, but another follows at offset %d", next)
	}
	return records, int64(at), nil
}

func corrupt(offset int, format string, args ...any) error {
	return &CorruptError{File: journalName, Offset: int64(offset), Reason: fmt.Sprintf(format, args...)}
}

// findRecord returns the offset of the first whole record at or behind from, or -1.
func findRecord(data []byte, from int) int {
	for from < len(data) {
		i := bytes.Index(data[from:], magic)
		if i < 0 {
			break
		}
		from += i
		if _, _, ok := parseRecord(data[from:]); ok {
			return from
		}
		from++
	}
	return -1
}
