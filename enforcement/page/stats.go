package page

import (
	"errors"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Counter names one counter of a cell. The values are positions in
// struct wg_stats_cell.
type Counter int

// The counters. Each call adds one to Permitted, or one to Denied,
// RateLimited, OperationDenied or OutOfServiceCalls; one that a permissive
// domain makes against policy adds one to Tolerated before.
const (
	Permitted         Counter = iota // calls let through as policy says
	Denied                           // no entry, or one without Permit
	RateLimited                      // calls over the rate
	DwellExceeded                    // permitted calls that stayed too long
	OperationDenied                  // operation not in the mask
	OutOfServiceCalls                // source or target not in service
	Faults                           // touches of the target's regions
	Tolerated                        // calls let through against policy
	Counters          = 8            // how many there are
)

// Seen is what was seen of the calls of one domain into another, besides how
// many there were. It grows until the daemon begins it anew.
type Seen struct {
	Operations uint32        // bit i: the target's i-th operation was called or tried
	Longest    time.Duration // that a call stayed, of those that were timed
	Busiest    uint64        // most calls in one second, of those that were metered
}

// Cell counts the calls of one domain into another, in memory that both
// processes see. It is valid until its page is closed.
type Cell struct{ memory []byte }

// Add adds one to a counter.
func (c Cell) Add(counter Counter) { c.at(counter).Add(1) }

// AddN adds n to a counter.
func (c Cell) AddN(counter Counter, n uint64) { c.at(counter).Add(n) }

// Load returns a counter.
func (c Cell) Load(counter Counter) uint64 { return c.at(counter).Load() }

// See joins s to what was seen.
func (c Cell) See(s Seen) {
	if operations := c.word(cellOperations); operations.Load()|uint64(s.Operations) != operations.Load() {
		operations.Or(uint64(s.Operations))
	}
	raise(c.word(cellLongest), uint64(max(s.Longest, 0)))
	raise(c.word(cellBusiest), s.Busiest)
}

// Seen returns what was seen. In a page that another process writes, it may be
// anything.
func (c Cell) Seen() Seen {
	return Seen{
		Operations: uint32(c.word(cellOperations).Load()),
		Longest:    time.Duration(min(c.word(cellLongest).Load(), math.MaxInt64)),
		Busiest:    c.word(cellBusiest).Load(),
	}
}

func raise(word *atomic.Uint64, to uint64) {
	for {
		old := word.Load()
		if old >= to || word.CompareAndSwap(old, to) {
			return
		}
	}
}

func (c Cell) word(offset int) *atomic.Uint64 { return mpk.Uint64At(c.memory, offset) }

func (c Cell) at(counter Counter) *atomic.Uint64 {
	return mpk.Uint64At(c.memory, 8*int(counter))
}

// Stats is a service's side of a stats page. Its methods may be called from
// several goroutines at once, but not after Close.
type Stats struct {
	memory []byte
	hosted int
}

// OpenStats maps the stats page behind a memfd, which stays the caller's. It
// returns ErrFormat for a page that is not sealed or has another layout.
func OpenStats(file *os.File) (*Stats, error) {
	memory, hosted, err := statsKind.open(file, shm.ReadWrite)
	if err != nil {
		return nil, err
	}
	return &Stats{memory: memory, hosted: hosted}, nil
}

// Hosted returns the number of domains that the page is for.
func (s *Stats) Hosted() int { return s.hosted }

// Cell returns the counters of calls between two local indexes, which must be
// below Hosted.
func (s *Stats) Cell(source, target int) Cell { return cellOf(s.memory, s.hosted, source, target) }

// Lost adds to the count of violation reports that were dropped.
func (s *Stats) Lost(reports uint64) { mpk.Uint64At(s.memory, statsLost).Add(reports) }

// LostReports returns the count of violation reports that were dropped.
func (s *Stats) LostReports() uint64 { return mpk.Uint64At(s.memory, statsLost).Load() }

// Ring marks the doorbell as rung and reports whether the caller must write
// to the eventfd, because nobody has since the daemon last looked.
func (s *Stats) Ring() bool {
	doorbell := mpk.Uint32At(s.memory, statsDoorbell)
	return doorbell.Load() == 0 && doorbell.CompareAndSwap(0, 1)
}

// Close unmaps the page.
//
// Preconditions: nobody uses the page or a cell of it any more.
func (s *Stats) Close() error { return shm.Unmap(s.memory) }

// StatsReader is the daemon's side of a stats page. What it returns was
// written by the service and may be any number.
type StatsReader struct {
	file   *os.File
	memory []byte
	hosted int // the daemon's own, never read from the page
}

// NewStats creates the stats page of a process that hosts so many domains. It
// returns the error of the system call that was refused, or one for a count
// outside 1..MaxHosted.
func NewStats(hosted int) (*StatsReader, error) {
	file, memory, err := statsKind.create(hosted)
	if err != nil {
		return nil, err
	}
	return &StatsReader{file: file, memory: memory, hosted: hosted}, nil
}

// File returns the memfd to hand to the service. It stays the reader's.
func (r *StatsReader) File() *os.File { return r.file }

// Cell returns the counters of calls between two local indexes, which must be
// below the count that the page was made for.
func (r *StatsReader) Cell(source, target int) [Counters]uint64 {
	cell := cellOf(r.memory, r.hosted, source, target)
	var counters [Counters]uint64
	for i := range counters {
		counters[i] = cell.Load(Counter(i))
	}
	return counters
}

// Seen returns what the service saw of the calls between two local indexes,
// which must be below the count that the page was made for.
func (r *StatsReader) Seen(source, target int) Seen {
	return cellOf(r.memory, r.hosted, source, target).Seen()
}

// Forget begins what was seen of the calls between two local indexes anew. Gates
// may remember that they have told: they tell again under another epoch of the
// policy.
func (r *StatsReader) Forget(source, target int) {
	cell := cellOf(r.memory, r.hosted, source, target)
	for _, offset := range []int{cellOperations, cellLongest, cellBusiest} {
		cell.word(offset).Store(0)
	}
}

// LostReports returns how many violation reports the service says it dropped.
func (r *StatsReader) LostReports() uint64 { return mpk.Uint64At(r.memory, statsLost).Load() }

// Answer clears the doorbell: the next thing worth seeing rings again. Call
// it after draining the eventfd and before reading counters.
func (r *StatsReader) Answer() { mpk.Uint32At(r.memory, statsDoorbell).Store(0) }

// Close lets go of the page.
//
// Preconditions: nobody uses the reader any more.
func (r *StatsReader) Close() error { return errors.Join(shm.Unmap(r.memory), r.file.Close()) }

func cellOf(memory []byte, hosted, source, target int) Cell {
	if uint(source) >= uint(hosted) || uint(target) >= uint(hosted) {
		panic("page: local index out of range")
	}
	offset := statsHeaderSize + (source*hosted+target)*cellSize
	return Cell{memory[offset : offset+cellSize : offset+cellSize]}
}
