package scan

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"time"
)

// Follower scans the executable memory of a process again and again: at first all
// of it, then what changed. It is not safe for concurrent use.
type Follower struct {
	process *process
	seed    maphash.Seed
	known   map[uint64]*Picture // of the pieces of memory, by what they looked like
	order   []*Picture          // the same, in the order of their addresses
	latest  *Picture            // nil if the mappings changed while it was made
	looked  outline             // how they looked then
	list    list
}

// maxKept bounds the hits and mappings that are kept of a process; of more there is
// only the number.
const maxKept = 4096

// Follow returns the follower of a process. It fails if there is no such process.
func Follow(pid int) (*Follower, error) {
	p, err := openProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("follow process %d: %w", pid, err)
	}
	return &Follower{process: p, seed: maphash.MakeSeed(), known: map[uint64]*Picture{}}, nil
}

// Close lets go of the process.
func (f *Follower) Close() error {
	f.list.close()
	return f.process.dir.Close()
}

// Forget has the next look scan everything.
func (f *Follower) Forget() { f.known, f.latest = map[uint64]*Picture{}, nil }

// Look returns what is known of the executable memory now. If its mappings, and
// the times at which their files were changed, are as they were, nothing is scanned
// and what was returned before is returned again. Memory without a gap in it is
// scanned as a whole when something in it changed. Errors are those of [Process].
func (f *Follower) Look(ctx context.Context) (*Picture, error) {
	text, err := f.process.list()
	if err != nil {
		return nil, fmt.Errorf("scan process %d: %w", f.process.pid, err)
	}
	mappings, err := executable(text)
	if err != nil {
		return nil, fmt.Errorf("scan process %d: %w", f.process.pid, err)
	}
	now := f.outline(mappings)
	if f.latest != nil && now.all == f.looked.all {
		f.list.read = maphash.Bytes(f.seed, text)
		return f.latest, nil
	}
	if err := f.scan(ctx, mappings, now.each); err != nil {
		return nil, fmt.Errorf("scan process %d: %w", f.process.pid, err)
	}
	f.list.read = maphash.Bytes(f.seed, text)
	return f.latestOr(now)
}

// latestOr returns the picture that the pieces make, which holds if the mappings
// are now as they were. Otherwise the next look goes on with it.
func (f *Follower) latestOr(before outline) (*Picture, error) {
	now, err := f.process.mappings()
	if err != nil {
		return nil, fmt.Errorf("scan process %d: %w", f.process.pid, err)
	}
	p := &Picture{Time: time.Now(), Counts: map[Class]int{}}
	for _, one := range f.order {
		p.add(one)
	}
	f.latest, f.looked = p, before
	if after := f.outline(now); after.all != before.all {
		f.latest = nil
		p.Unread = append(p.Unread, "its executable mappings changed during the scan")
	}
	if len(now) == 0 {
		p.Unread = append(p.Unread, "it shows no executable memory")
	}
	return p, nil
}

// scan brings known up to date.
func (f *Follower) scan(ctx context.Context, mappings []mapping, stamps []uint64) error {
	if err := f.process.attend(); err != nil {
		return err
	}
	defer f.process.memory.file.Close()
	kept := 0
	current, order := map[uint64]*Picture{}, []*Picture(nil)
	for from := 0; from < len(mappings); {
		to := from + 1
		for to < len(mappings) && mappings[to].start == mappings[to-1].end {
			to++
		}
		key := f.combine(stamps[from:to])
		one, known := f.known[key]
		if !known {
			r := newReport("")
			if err := f.process.scanMappings(ctx, r, mappings[from:to]); err != nil {
				return err
			}
			one = pictureOf(r, mappings[from:to])
			f.known[key] = one // kept even if the scan of the others is given up
		}
		if kept += len(one.Hits) + len(one.Replaceable); kept > maxKept {
			one.Hits, one.Replaceable = nil, nil
		}
		current[key], order = one, append(order, one)
		from = to
	}
	f.known, f.order = current, order
	return nil
}

// outline is how executable mappings look.
type outline struct {
	each  []uint64
	all   uint64 // each together
	files []file // that are mapped

	mappings []mapping
}

func (f *Follower) outline(mappings []mapping) (o outline) {
	o.mappings = mappings
	for i := range mappings {
		m := &mappings[i]
		file := f.process.fileOf(m)
		if m.inode != 0 {
			o.files = append(o.files, file)
		}
		o.each = append(o.each, maphash.Comparable(f.seed, stamp{*m, file.changed}))
	}
	o.all = f.combine(o.each)
	return o
}

// stamp is what is compared of a mapping.
type stamp struct {
	mapping
	changed int64
}

func (f *Follower) combine(stamps []uint64) uint64 {
	var b []byte
	for _, s := range stamps {
		b = binary.LittleEndian.AppendUint64(b, s)
	}
	return maphash.Bytes(f.seed, b)
}
