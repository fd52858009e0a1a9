package channel

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Generation is the daemon's side of the memory of a channel. Its methods may be called
// from several goroutines at once.
type Generation struct {
	shape  Shape
	number uint64

	control, ring, room *os.File
	readableRing        *os.File
	places              []place

	sealing  sync.Once
	unsealed error // why it could not be sealed

	mu      sync.Mutex
	memory  []byte // of the control page; nil after Close
	header  []byte // of the ring
	closing []func() error
}

// place is what belongs to one consumer.
type place struct {
	cursor, readable, news *os.File
	memory                 []byte
}

// NewGeneration makes the memory of a channel. The number is that of no other one; not 0.
// It returns ErrFormat for a shape that no channel can have, and the error of a system call
// that was refused.
func NewGeneration(shape Shape, number uint64) (*Generation, error) {
	if err := shape.check(); err != nil {
		return nil, fmt.Errorf("make a channel: %w", err)
	}
	g := &Generation{shape: shape, number: number, places: make([]place, shape.Consumers)}
	if err := g.make(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a channel: %w", err), g.Close())
	}
	return g, nil
}

func (g *Generation) make() (err error) {
	if g.control, g.memory, err = g.create("control page", controlSize, shm.ReadWrite); err != nil {
		return err
	}
	if g.ring, g.header, err = g.create("ring", g.shape.RingSize(), shm.ReadOnly); err != nil {
		return err
	}
	if g.readableRing, err = g.again(g.ring); err != nil {
		return err
	}
	if g.room, err = g.bell("bell for room"); err != nil {
		return err
	}
	for i := range g.places {
		if err := g.makePlace(&g.places[i]); err != nil {
			return err
		}
	}
	g.describe()
	return shm.Seal(g.control, shm.NoNewWriters|shm.NoMoreSeals)
}

func (g *Generation) makePlace(p *place) (err error) {
	if p.cursor, p.memory, err = g.create("cursor", cursorSize, shm.ReadOnly); err != nil {
		return err
	}
	if p.readable, err = g.again(p.cursor); err != nil {
		return err
	}
	p.news, err = g.bell("bell for news")
	return errors.Join(err, shm.Seal(p.cursor, shm.NoMoreSeals))
}

// create makes memory and maps its first page; Close undoes both.
func (g *Generation) create(name string, size int, how shm.Access) (*os.File, []byte, error) {
	file, err := shm.Create(name, size)
	if err != nil {
		return nil, nil, err
	}
	g.closing = append(g.closing, file.Close)
	memory, err := shm.Map(file, controlSize, how)
	if err != nil {
		return nil, nil, err
	}
	g.closing = append(g.closing, func() error { return shm.Unmap(memory) })
	return file, memory, nil
}

func (g *Generation) again(file *os.File) (*os.File, error) {
	readable, err := shm.ReadableOnly(file)
	if err == nil {
		g.closing = append(g.closing, readable.Close)
	}
	return readable, err
}

func (g *Generation) bell(name string) (*os.File, error) {
	bell, err := shm.NewBell(name)
	if err == nil {
		g.closing = append(g.closing, bell.Close)
	}
	return bell, err
}

// describe fills the control page in.
func (g *Generation) describe() {
	s := g.shape
	for offset, word := range map[int]uint64{
		controlMagic:      magic,
		controlABI:        ABI | uint64(s.Consumers)<<32,
		controlGeneration: g.number,
		controlRingSize:   uint64(s.RingSize()),
		controlSlots:      uint64(s.Slots) | uint64(s.SlotSize)<<32,
		controlStride:     uint64(s.Stride()) | uint64(s.Integrity)<<32 | uint64(s.Overflow)<<40,
		controlState:      stateOpen,
	} {
		mpk.Uint64At(g.memory, offset).Store(word)
	}
	if s.Integrity == HMACSHA256 {
		_, _ = rand.Read(g.memory[controlKey : controlKey+keySize]) // never fails
	}
}

// Number tells the generation from all others.
func (g *Generation) Number() uint64 { return g.number }

// Shape returns what the generation was made with.
func (g *Generation) Shape() Shape { return g.shape }

// ProducerFiles returns what the producer is given. They stay the generation's.
func (g *Generation) ProducerFiles() []*os.File {
	files := []*os.File{g.control, g.ring, g.room}
	for _, p := range g.places {
		files = append(files, p.readable, p.news)
	}
	return files
}

// ConsumerFiles returns what the consumer of a place is given. They stay the generation's.
//
// Preconditions: Seal was called.
func (g *Generation) ConsumerFiles(at int) []*os.File {
	return []*os.File{g.control, g.readableRing, g.room, g.places[at].cursor, g.places[at].news}
}

// Seal keeps everybody from writing the ring but who has it mapped so: the producer. A
// producer that is in the middle of a write(2) to it, from memory that is long in coming,
// holds it up, and nothing else.
//
// Preconditions: Close is not called meanwhile.
func (g *Generation) Seal() error {
	g.sealing.Do(func() { g.unsealed = shm.Seal(g.ring, shm.NoNewWriters|shm.NoMoreSeals) })
	return g.unsealed
}

// Activate says whether the consumer of a place has the channel open: if it has, the
// producer of a channel that blocks waits for it.
func (g *Generation) Activate(at int, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.memory == nil {
		return
	}
	active := mpk.Uint32At(g.memory, controlActive)
	if open {
		active.Or(1 << at)
		return
	}
	active.And(^uint32(1 << at))
	ring(g.room) // who waited for this one need not any more
}

// End closes the channel to the producer at once; consumers take what is there.
func (g *Generation) End() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.memory == nil {
		return
	}
	mpk.Uint32At(g.memory, controlState).Store(stateEnded)
	ring(g.room)
	for _, p := range g.places {
		ring(p.news)
	}
}

// Sent is what a producer says that it sent.
type Sent struct{ Messages, Octets, Refused uint64 }

// Received is what a consumer says that it received.
type Received struct{ Messages, Octets, Lost, Corrupted, Next uint64 }

// Sent reads the producer's counters. The producer writes them as it likes. After Close
// they are zero.
func (g *Generation) Sent() Sent {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.memory == nil {
		return Sent{}
	}
	at := func(offset int) uint64 { return mpk.Uint64At(g.header, offset).Load() }
	return Sent{Messages: at(ringHead), Octets: at(ringOctets), Refused: at(ringRefused)}
}

// Received reads the counters of the consumer of a place, as Sent does.
func (g *Generation) Received(at int) Received {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.memory == nil {
		return Received{}
	}
	word := func(offset int) uint64 { return mpk.Uint64At(g.places[at].memory, offset).Load() }
	return Received{
		Messages: word(cursorReceived), Octets: word(cursorOctets),
		Lost: word(cursorLost), Corrupted: word(cursorCorrupted), Next: word(cursorNext),
	}
}

// Close lets go of the memory. Who mapped it keeps it. Closing twice does nothing.
func (g *Generation) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, undo := range g.closing {
		errs = append(errs, undo())
	}
	g.closing, g.memory, g.header = nil, nil, nil
	return errors.Join(errs...)
}
