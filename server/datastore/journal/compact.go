package journal

import "fmt"

// Mark is a place in the journal: between two records.
type Mark struct {
	fs    FS
	seq   uint64
	size  int64
	swaps int
}

// MarkAt returns the place behind the record of that number, or the snapshot; ok is
// false when it is not there any more, or yet. To drop the records up to there, write a
// snapshot of what they led to, then Trim.
func (l *Log) MarkAt(seq uint64) (m Mark, ok bool) {
	behind := l.last - seq
	if seq > l.last || behind > uint64(len(l.sizes)) {
		return m, false
	}
	m = Mark{l.fs, seq, l.size, l.swaps}
	for _, size := range l.sizes[len(l.sizes)-int(behind):] {
		m.size -= size
	}
	return m, true
}

// Length returns the length in octets of what Trim would drop.
func (m Mark) Length() int64 { return m.size }

// Write makes snapshot durable, which stands for all records before the mark.
// It may run while records are appended.
func (m Mark) Write(snapshot []byte) error { return writeSnapshot(m.fs, m.seq, snapshot) }

// Trim drops the records before the mark, whose snapshot must be written. The
// old file stays in force on error, except that the log may be broken.
func (l *Log) Trim(m Mark) error {
	if m.swaps != l.swaps {
		// Rewrite was here since: there is nothing left to drop but the mark's snapshot.
		removeStale(l.fs, l.last-uint64(len(l.sizes)))
		return nil
	}
	data, err := l.fs.ReadFile(journalName)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	if int64(len(data)) < l.size {
		return corrupt(len(data), "the file ends before offset %d", l.size)
	}
	if err := l.replaceFile(data[m.size:l.size]); err != nil {
		return fmt.Errorf("replace journal: %w", err)
	}
	l.sizes = l.sizes[len(l.sizes)-int(l.last-m.seq):]
	removeStale(l.fs, m.seq)
	return nil
}
