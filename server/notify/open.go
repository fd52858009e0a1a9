package notify

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/schema"
)

// Config is what a hub with a log is made from.
type Config struct {
	Dir    string // holds the log and nothing else; made if it does not exist
	Schema *schema.Set
	// Bound is how many octets the log may take, on disk and again in memory; 0
	// is 4 MiB. A notification that takes more than an eighth does not outlive the process.
	Bound  int
	Logger *slog.Logger // nil: slog.Default
}

// Open returns a hub whose log goes on where that in the directory ended. A log
// that was damaged, not just cut short by a crash, is dropped, which is logged:
// no daemon stays down for it. The errors are those of using the directory.
func Open(c Config) (*Hub, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Bound == 0 {
		c.Bound = 4 << 20
	}
	dir, err := journal.OpenDir(c.Dir)
	if err != nil {
		return nil, err
	}
	h, err := open(c, dir)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	h.disk.dir = dir
	go h.disk.run()
	return h, nil
}

// open reads what the directory has; the writer is not running yet.
func open(c Config, fs journal.FS) (*Hub, error) {
	h := &Hub{past: &history{bound: c.Bound, first: 1}}
	h.disk = newWriter(h, c)
	log, state, err := journal.Open(fs)
	if damage, is := errors.AsType[*journal.CorruptError](err); is {
		c.Logger.Warn("the log of notifications is damaged and begins anew", "dir", c.Dir, "file", damage.File, "reason", damage.Reason)
		if err := removeAll(fs); err != nil {
			return nil, err
		}
		log, state, err = journal.Open(fs)
	}
	if err != nil {
		return nil, err
	}
	h.disk.log = log
	if state.Snapshot == nil {
		h.past.Created = time.Now()
		return h, h.disk.rewrite()
	}
	if err := h.past.load(state); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	h.disk.resume(state)
	return h, nil
}

// removeAll removes the files of a damaged log; the lock's is not among those
// that matter.
func removeAll(fs journal.FS) error {
	names, err := fs.List()
	if err != nil {
		return fmt.Errorf("list the log of notifications: %w", err)
	}
	for _, name := range names {
		if name == journal.LockName {
			continue
		}
		if err := fs.Remove(name); err != nil {
			return fmt.Errorf("remove a damaged log: %w", err)
		}
	}
	return nil
}

// load takes over what the disk has. A line that is no record was written by
// another version of this program: it is left out.
func (h *history) load(state *journal.State) error {
	var head head
	if err := stdjson.Unmarshal(state.Snapshot, &head); err != nil {
		return fmt.Errorf("read the head of the log of notifications: %w", err)
	}
	h.Created, h.Aged = head.Created, head.Aged
	for _, batch := range state.Records {
		for _, r := range split(batch.Payload) {
			h.add(r)
		}
	}
	return nil
}

func split(batch []byte) (all []record) {
	for text := range bytes.Lines(batch) {
		if r, err := parseRecord(bytes.TrimSuffix(text, []byte("\n"))); err == nil {
			all = append(all, r)
		}
	}
	return all
}

// resume goes on behind what the disk has.
func (w *writer) resume(state *journal.State) {
	w.next, w.aged = w.hub.past.last()+1, w.hub.past.Aged
	for _, batch := range state.Records {
		w.stored = append(w.stored, stored{batch.Size(), newest(split(batch.Payload))})
	}
}

// head is the journal's snapshot: what is known of the log besides its records.
type head struct {
	Created time.Time `json:"created"`
	Aged    time.Time `json:"aged,omitzero"`
}
