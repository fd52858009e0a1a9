package scan

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// chunk is how many bytes are searched at a time.
const chunk = 256 << 10

// maxSearchers bounds how many pieces are searched at the same time; each takes
// a chunk of memory.
const maxSearchers = 8

// located is an instruction at an address.
type located struct {
	address     uint64
	length      int // of the bytes that make it one
	instruction Instruction
}

// gap is memory that could not be read.
type gap struct {
	part *part
	err  error
}

// piece is a stretch of a span that is searched at a time, and what came of it.
type piece struct {
	span       *span
	start, end uint64

	searched int64 // bytes
	total    int   // hits, of which the first are listed
	hits     []located
	gaps     []gap
}

// pieces yields those of spans, in order.
func pieces(spans []*span) iter.Seq[*piece] {
	return func(yield func(*piece) bool) {
		for _, s := range spans {
			for at := s.start(); at < s.end(); at += min(chunk, s.end()-at) {
				if !yield(&piece{span: s, start: at, end: at + min(chunk, s.end()-at)}) {
					return
				}
			}
		}
	}
}

// searchAll searches spans on the processors that there are and hands the pieces
// over in order. It returns the error of ctx.
func searchAll(ctx context.Context, spans []*span, take func(*piece)) error {
	const ahead = 4 // pieces of each searcher that wait to be handed over
	batch := make([]*piece, 0, ahead*maxSearchers)
	flush := func() error {
		searchBatch(ctx, batch)
		for _, p := range batch {
			take(p)
		}
		batch = batch[:0]
		return ctx.Err()
	}
	for p := range pieces(spans) {
		if batch = append(batch, p); len(batch) < cap(batch) {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}

func searchBatch(ctx context.Context, batch []*piece) {
	var next atomic.Int64
	work := func() {
		buf := buffers.Get().(*buffer)
		defer buffers.Put(buf)
		for i := next.Add(1) - 1; i < int64(len(batch)) && ctx.Err() == nil; i = next.Add(1) - 1 {
			batch[i].search(buf)
		}
	}
	var wg sync.WaitGroup
	for range min(len(batch), runtime.GOMAXPROCS(0), maxSearchers) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

// buffer is memory for one search at a time.
type buffer struct {
	bytes []byte
	found []found
}

var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, longest-1+chunk)} }}

// search looks through the piece, and through so much before it that what ends
// in it is found. What cannot be read is skipped to the end of its page.
func (p *piece) search(buf *buffer) {
	from := p.start - min(longest-1, p.start-p.span.start())
	for from < p.end {
		n, err := p.span.read(buf.bytes[:p.end-from], from)
		p.take(from, buf.bytes[:n], buf)
		from += uint64(n)
		if err == nil {
			return
		}
		if from >= p.start {
			p.gaps = append(p.gaps, gap{p.span.at(from), err})
		}
		from = from&^(pageSize-1) + pageSize
	}
}

// take searches bytes of the piece, of which the first may be before it.
func (p *piece) take(from uint64, code []byte, buf *buffer) {
	buf.found = search(buf.found[:0], code)
	for _, f := range buf.found {
		address := from + uint64(f.offset)
		if address+uint64(f.length) <= p.start {
			continue
		}
		if p.total++; p.total <= maxHits {
			p.hits = append(p.hits, located{address, f.length, f.instruction})
		}
	}
	p.searched += int64(len(code)) - int64(min(uint64(len(code)), p.start-min(from, p.start)))
}
