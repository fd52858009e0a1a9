package journal

import (
	"errors"
	"fmt"
)

// ErrBroken is wrapped by what Append returns after an append went wrong, until
// Rewrite has succeeded.
var ErrBroken = errors.New("journal: an earlier write went wrong")

// Log is an open journal. Its methods are for one goroutine at a time, except
// for Mark.Write.
type Log struct {
	fs     FS
	file   File
	last   uint64  // sequence number of the last record, or of the snapshot
	size   int64   // of the journal file, whole records only
	sizes  []int64 // of the records in it, up to the last one
	swaps  int     // how often the journal file was replaced: tells old Marks
	broken error
	buf    []byte
}

// Open reads the directory and opens its journal for appending. A *CorruptError
// says that the files do not hold what was written to them.
func Open(fs FS) (*Log, *State, error) {
	st, size, err := load(fs)
	if err != nil {
		return nil, nil, err
	}
	l := &Log{fs: fs, last: st.Seq, size: size}
	for _, r := range st.Records {
		l.last = r.Seq
		l.sizes = append(l.sizes, int64(headerSize+len(r.Payload)))
	}
	if err := l.openFile(st); err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	removeStale(fs, st.Seq)
	return l, st, nil
}

// openFile opens the journal file and leaves only whole records in it.
func (l *Log) openFile(st *State) (err error) {
	if len(st.Records) == 0 {
		return l.replaceFile(nil)
	}
	if l.file, err = l.fs.OpenAppend(journalName); err != nil || st.Cut == 0 {
		return err
	}
	return errors.Join(l.file.Truncate(l.size), l.file.Sync())
}

// replaceFile makes data the whole content of the journal, at once. On error
// either the old file is still in force, or the log is broken.
func (l *Log) replaceFile(data []byte) error {
	f, err := writeNew(l.fs, journalName, data)
	if err != nil {
		return err
	}
	if l.file != nil {
		l.file.Close() // it has no name any more, so its errors mean nothing
	}
	l.file, l.size, l.swaps = f, int64(len(data)), l.swaps+1
	if err := l.fs.Sync(); err != nil {
		// A crash may bring the old file back: nothing may rely on the new one.
		l.broken = fmt.Errorf("sync directory: %w", err)
		return l.broken
	}
	return nil
}

// Next returns the sequence number of the record to be appended next.
func (l *Log) Next() uint64 { return l.last + 1 }

// Size returns the length of the journal file in octets.
func (l *Log) Size() int64 { return l.size }

// Broken returns what went wrong when the log takes no records any more.
func (l *Log) Broken() error { return l.broken }

// Append makes payload durable as record Next. After an error nothing was
// appended, and unless it was ErrTooBig, further calls return ErrBroken.
func (l *Log) Append(payload []byte) error {
	if l.broken != nil {
		return fmt.Errorf("%w: %w", ErrBroken, l.broken)
	}
	if len(payload) > MaxPayload {
		return fmt.Errorf("%w: it has %d octets, of %d allowed", ErrTooBig, len(payload), MaxPayload)
	}
	l.buf = appendRecord(l.buf[:0], Record{Seq: l.Next(), Payload: payload})
	if err := l.write(l.buf); err != nil {
		l.fail(err)
		return err
	}
	l.last++
	l.size += int64(len(l.buf))
	l.sizes = append(l.sizes, int64(len(l.buf)))
	return nil
}

func (l *Log) write(b []byte) error {
	if _, err := l.file.Write(b); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	return nil
}

// fail closes the log for appending. What was written of the record must not
// come back: it is cut off now if that works, and in any case Rewrite uses up
// its sequence number.
func (l *Log) fail(err error) {
	l.broken = err
	if l.file.Truncate(l.size) == nil {
		l.file.Sync()
	}
}

// Rewrite stores a snapshot that stands for everything so far and starts an
// empty journal. It makes a broken log usable again.
func (l *Log) Rewrite(snapshot []byte) error {
	seq := l.last
	if l.broken != nil {
		seq++ // the record that failed may be on disk: supersede it
	}
	if err := writeSnapshot(l.fs, seq, snapshot); err != nil {
		return err
	}
	l.last, l.sizes = seq, nil
	if err := l.replaceFile(nil); err != nil {
		l.broken = fmt.Errorf("start journal: %w", err)
		return l.broken
	}
	l.broken = nil
	removeStale(l.fs, seq)
	return nil
}

// Close closes the journal file.
func (l *Log) Close() error { return l.file.Close() }
