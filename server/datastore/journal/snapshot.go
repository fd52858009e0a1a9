package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

const (
	journalName = "journal"
	newSuffix   = ".new" // of files that are not in force yet
)

// snapshotName has as many digits as the greatest number, so that names sort.
func snapshotName(seq uint64) string { return fmt.Sprintf("config-%020d.json", seq) }

func parseSnapshotName(name string) (seq uint64, ok bool) {
	digits, _ := strings.CutPrefix(name, "config-")
	digits, _ = strings.CutSuffix(digits, ".json")
	seq, err := strconv.ParseUint(digits, 10, 64)
	return seq, err == nil && snapshotName(seq) == name
}

// sealed is the content of a snapshot file.
type sealed struct {
	Sequence uint64          `json:"sequence"`
	CRC32C   string          `json:"crc32c"` // of the octets of Config
	Config   json.RawMessage `json:"config"`
}

func seal(seq uint64, config []byte) []byte {
	config = bytes.TrimSpace(config)
	head := fmt.Sprintf(`{"sequence":%d,"crc32c":%q,"config":`, seq, crcText(config))
	return bytes.Join([][]byte{[]byte(head), config, []byte("}\n")}, nil)
}

func crcText(b []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli)) }

func unseal(seq uint64, data []byte) ([]byte, error) {
	var s sealed
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("it is not the JSON that was written: %w", err)
	}
	if s.Sequence != seq {
		return nil, fmt.Errorf("it has the sequence number %d", s.Sequence)
	}
	if s.CRC32C != crcText(s.Config) {
		return nil, errors.New("its checksum does not match its content")
	}
	return s.Config, nil
}

func writeSnapshot(fs FS, seq uint64, config []byte) error {
	f, err := writeNew(fs, snapshotName(seq), seal(seq, config))
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), fs.Sync()); err != nil {
		return fmt.Errorf("sync snapshot: %w", err)
	}
	return nil
}

// writeNew puts a durable file of that name and content in place of any other
// and returns it, open for appending. That the name is durable, the caller sees to.
func writeNew(fs FS, name string, data []byte) (File, error) {
	f, err := fs.Create(name + newSuffix)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	if err := fill(f, data); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", name, err), f.Close())
	}
	if err := fs.Rename(name+newSuffix, name); err != nil {
		return nil, errors.Join(fmt.Errorf("rename %s: %w", name, err), f.Close())
	}
	return f, nil
}

func fill(f File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// removeStale removes snapshots older than seq and files that were never
// finished. What cannot be removed does no harm and is tried again next time.
func removeStale(fs FS, seq uint64) {
	names, _ := fs.List()
	for _, name := range names {
		s, ok := parseSnapshotName(name)
		if ok && s < seq || strings.HasSuffix(name, newSuffix) {
			fs.Remove(name)
		}
	}
}
