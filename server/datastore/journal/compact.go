package journal

import "fmt"

// Mark is a place in the journal: between two records.
type Mark struct {
	fs    FS
	seq   uint64
	size  int64
	swaps int
}

// Mark returns the place behind the last record. To drop the records up to
// there, write a snapshot of what they led to, then Trim.
func (l *Log) Mark() Mark { return Mark{l.fs, l.last, l.size, l.swaps} }

// MarkBack returns the place before the last records, which have those sizes.
func (l *Log) MarkBack(sizes ...int64) Mark {
	m := l.Mark()
	m.seq -= uint64(len(sizes))
	for _, size := range sizes {
		m.size -= size
	}
	return m
}

// Write makes snapshot durable, which stands for all records before the mark.
// It may run while records are appended.
func (m Mark) Write(snapshot []byte) error { return writeSnapshot(m.fs, m.seq, snapshot) }

// Trim drops the records before the mark, whose snapshot must be written. The
// old file stays in force on error, except that the log may be broken.
func (l *Log) Trim(m Mark) error {
	if m.swaps != l.swaps {
		return nil // Rewrite was here since; there is nothing left to drop
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
	removeStale(l.fs, m.seq)
	return nil
}
