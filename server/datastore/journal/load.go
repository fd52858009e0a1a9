package journal

import (
	"errors"
	"fmt"
	"io/fs"
)

// State is what an opened directory held.
type State struct {
	Snapshot []byte   // nil when there is none: the directory is new
	Seq      uint64   // of the snapshot
	Records  []Record // those behind the snapshot, without gaps
	Cut      int64    // octets of an incomplete record that were cut off
}

// load reads the newest snapshot and the records behind it, and returns the
// length of the journal's whole part. It changes nothing.
func load(dir FS) (st *State, whole int64, err error) {
	st = &State{}
	if err := st.loadSnapshot(dir); err != nil {
		return nil, 0, err
	}
	data, err := dir.ReadFile(journalName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("read journal: %w", err)
	}
	if st.Snapshot == nil && len(data) > 0 {
		// Records are only ever appended beside a snapshot.
		return nil, 0, corrupt(0, "the snapshot that it builds on is missing")
	}
	whole, err = st.take(data)
	return st, whole, err
}

func (st *State) loadSnapshot(dir FS) error {
	names, err := dir.List()
	if err != nil {
		return fmt.Errorf("list data directory: %w", err)
	}
	newest := ""
	for _, name := range names {
		if seq, ok := parseSnapshotName(name); ok && (newest == "" || seq > st.Seq) {
			newest, st.Seq = name, seq
		}
	}
	if newest == "" {
		return nil
	}
	data, err := dir.ReadFile(newest)
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	if st.Snapshot, err = unseal(st.Seq, data); err != nil {
		return &CorruptError{File: newest, Reason: err.Error()}
	}
	return nil
}

// take keeps the records of a journal's content that are behind the snapshot.
func (st *State) take(data []byte) (whole int64, err error) {
	records, whole, err := scan(data)
	if err != nil {
		return 0, err
	}
	for len(records) > 0 && records[0].Seq <= st.Seq {
		records = records[1:]
	}
	if len(records) > 0 && records[0].Seq != st.Seq+1 {
		return 0, corrupt(0, "record %d is the first behind snapshot %d", records[0].Seq, st.Seq)
	}
	st.Records, st.Cut = records, int64(len(data))-whole
	return whole, nil
}
