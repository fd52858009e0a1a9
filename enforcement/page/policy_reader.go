package page

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// PolicyReader is a service's side of a policy page. Its methods may be
// called from several goroutines at once, but not after Close.
type PolicyReader struct {
	memory []byte
	hosted int
	epoch  *atomic.Uint64
}

// Verdict is what the policy says about calls of one domain into another, all
// of it from one epoch.
type Verdict struct {
	Source, Target State
	Permissive     bool  // the source is: what policy forbids is let through
	Wall           Wall  // of the target
	Entry          Entry // the zero Entry, which denies, where there is none
}

// OpenPolicy maps the policy page behind a memfd, which stays the caller's.
// It returns ErrFormat for a page that is not sealed, has another layout or
// is inconsistent.
func OpenPolicy(file *os.File) (*PolicyReader, error) {
	memory, hosted, err := policyKind.open(file, shm.ReadOnly)
	if err != nil {
		return nil, err
	}
	r := &PolicyReader{memory: memory, hosted: hosted, epoch: mpk.Uint64At(memory, policyEpoch)}
	if err := r.check(); err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("open policy page: %w: %w", ErrFormat, err)
	}
	return r, nil
}

func (r *PolicyReader) check() error {
	for bank := range 2 {
		got, want := mpk.Uint32At(r.memory, policyBank+4*bank).Load(), bankOffset(r.hosted, bank)
		if got != uint32(want) {
			return fmt.Errorf("bank %d is at %d, want %d", bank, got, want)
		}
	}
	if got, want := mpk.Uint32At(r.memory, policyBankSize).Load(), bankSize(r.hosted); got != uint32(want) {
		return fmt.Errorf("banks have %d bytes, want %d", got, want)
	}
	return r.checkRows()
}

// checkRows makes sure of the bank in force. Epoch 0 has no rows yet.
func (r *PolicyReader) checkRows() error {
	epoch := r.epoch.Load()
	for i := range r.hosted {
		record := r.record(epoch, i)
		if _, _, ok := r.row(record); !ok && epoch != 0 && r.epoch.Load() == epoch {
			return fmt.Errorf("row of domain %d is outside its bank", i)
		}
	}
	return nil
}

// Hosted returns the number of domains that the page is for.
func (r *PolicyReader) Hosted() int { return r.hosted }

// Epoch returns the number of the publication in force. A verdict found at an
// epoch holds for as long as Epoch returns the same.
func (r *PolicyReader) Epoch() uint64 { return r.epoch.Load() }

// LiveEpoch returns the word that Epoch loads, for gates to compare without a
// detour. It is mapped until Close, and writing to it is a fault.
func (r *PolicyReader) LiveEpoch() *atomic.Uint64 { return r.epoch }

// Superseded reports whether the daemon wants the process to attach again.
func (r *PolicyReader) Superseded() bool {
	return mpk.Uint32At(r.memory, policyFlags).Load()&flagSuperseded != 0
}

// Lookup returns the policy for calls of the domain with local index source
// into target, and the epoch it is of. An index that is not hosted, like a
// row that is not sound, gives the zero Verdict, which refuses.
func (r *PolicyReader) Lookup(source, target int) (Verdict, uint64) {
	for {
		epoch := r.epoch.Load()
		verdict := r.lookup(epoch, source, target)
		if r.epoch.Load() == epoch {
			return verdict, epoch
		}
	}
}

// Wall returns how the wall and the gates of the domain with a local index work.
func (r *PolicyReader) Wall(domain int) Wall {
	verdict, _ := r.Lookup(domain, domain)
	return verdict.Wall
}

// State returns the state of the domain with a local index.
func (r *PolicyReader) State(domain int) State {
	verdict, _ := r.Lookup(domain, domain)
	return verdict.Target
}

func (r *PolicyReader) lookup(epoch uint64, source, target int) Verdict {
	if source < 0 || source >= r.hosted || target < 0 || target >= r.hosted {
		return Verdict{}
	}
	record := r.record(epoch, source)
	called := r.record(epoch, target)
	verdict := Verdict{
		Source: r.state(record), Target: r.state(called),
		Permissive: r.wall(record).Manner&Permissive != 0, Wall: r.wall(called),
	}
	if row, count, ok := r.row(record); ok {
		verdict.Entry = r.find(row, count, target)
	}
	return verdict
}

// find searches a row that lies inside the page; contents that are not sorted
// can only make it miss. The work depends on the count alone: neither where the
// target stands nor whether it is there shows in the time.
func (r *PolicyReader) find(row, count, target int) Entry {
	if count == 0 {
		return Entry{}
	}
	at := 0 // the last entry whose target is not above the one wanted
	for left := count; left > 1; {
		half := int(uint(left) / 2)
		step := 0
		if int(uint16(r.load(row+(at+half)*entrySize))) <= target {
			step = half
		}
		at += step
		left -= half
	}
	e := entryOf(r.load(row+at*entrySize), r.load(row+at*entrySize+8))
	found := 0
	if e.Target == target {
		found = 1
	}
	return [2]Entry{1: e}[found]
}

func (r *PolicyReader) record(epoch uint64, domain int) int {
	return bankOffset(r.hosted, int(epoch&1)) + domain*domainSize
}

func (r *PolicyReader) state(record int) State {
	return State(r.load(record) >> (8 * domainState))
}

func (r *PolicyReader) wall(record int) Wall { return wallOf(r.load(record + domainRowCount)) }

// row returns where the row of a domain record lies; ok is false unless it
// is inside the page and aligned.
func (r *PolicyReader) row(record int) (offset, count int, ok bool) {
	offset = int(uint32(r.load(record) >> (8 * domainRowOffset)))
	count = int(uint32(r.load(record + domainRowCount)))
	ok = count <= r.hosted && offset%entrySize == 0 &&
		offset >= policyHeaderSize && offset+count*entrySize <= len(r.memory)
	return offset, count, ok
}

func (r *PolicyReader) load(offset int) uint64 {
	return mpk.Uint64At(r.memory, offset).Load()
}

// Close unmaps the page.
//
// Preconditions: nobody uses the reader any more.
func (r *PolicyReader) Close() error {
	return shm.Unmap(r.memory)
}
