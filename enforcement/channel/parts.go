package channel

import (
	"errors"
	"fmt"
	"os"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Seals that make memory safe to use.
const (
	controlSeals = shm.FixedSize | shm.NoNewWriters | shm.NoMoreSeals
	cursorSeals  = shm.FixedSize | shm.NoMoreSeals
	// producersSeals are those of a ring that its producer has not mapped yet.
	producersSeals = shm.FixedSize
	consumersSeals = shm.FixedSize | shm.NoNewWriters | shm.NoMoreSeals
)

// Parts are the mapped memory of an end of a channel, and its bells. Nothing in the memory
// was looked at yet.
type Parts struct {
	control, ring []byte
	cursors       [][]byte // of a consumer, its own alone
	room          *shm.Bell
	news          []*shm.Bell // likewise
}

// Mapper maps the first bytes of a file, which stays the caller's, shared.
type Mapper func(file *os.File, size int, how shm.Access) ([]byte, error)

// MapProducer maps what a producer is given and takes the files over. It returns ErrFormat
// for files that are not those of a channel, with the right seals and sizes, and the mapper's error.
func MapProducer(files []*os.File, mapper Mapper) (*Parts, error) {
	if n := len(files); n < 5 || n > 3+2*MaxConsumers || n%2 != 1 {
		return nil, errors.Join(fmt.Errorf("%w: a producer with %d files", ErrFormat, n), closeAll(files))
	}
	m := mapping{parts: new(Parts), mapper: mapper}
	m.both(files, producersSeals, shm.ReadWrite)
	for i := 3; i < len(files); i += 2 {
		m.place(files[i:i+2], shm.ReadOnly)
	}
	return m.done()
}

// MapConsumer is MapProducer for a consumer.
func MapConsumer(files []*os.File, mapper Mapper) (*Parts, error) {
	if n := len(files); n != 5 {
		return nil, errors.Join(fmt.Errorf("%w: a consumer with %d files", ErrFormat, n), closeAll(files))
	}
	m := mapping{parts: new(Parts), mapper: mapper}
	m.both(files, consumersSeals, shm.ReadOnly)
	m.place(files[3:], shm.ReadWrite)
	return m.done()
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// mapping makes parts until something fails.
type mapping struct {
	parts  *Parts
	mapper Mapper
	err    error
}

func (m *mapping) both(files []*os.File, ringSeals int, how shm.Access) {
	m.parts.control = m.memory(files[0], exactly(controlSize, controlSeals), shm.ReadOnly)
	m.parts.ring = m.memory(files[1], want{ringHeader, maxRingSize, ringSeals}, how)
	m.parts.room = m.bell(files[2])
}

func (m *mapping) place(files []*os.File, how shm.Access) {
	m.parts.cursors = append(m.parts.cursors, m.memory(files[0], exactly(cursorSize, cursorSeals), how))
	m.parts.news = append(m.parts.news, m.bell(files[1]))
}

// want is what memory must be like.
type want struct{ least, most, seals int }

func exactly(size, seals int) want { return want{size, size, seals} }

func (m *mapping) memory(file *os.File, w want, how shm.Access) (memory []byte) {
	if m.err == nil {
		memory, m.err = w.open(file, m.mapper, how)
	}
	m.err = errors.Join(m.err, file.Close())
	return memory
}

func (w want) open(file *os.File, mapper Mapper, how shm.Access) ([]byte, error) {
	size, err := shm.Size(file, w.seals)
	if errors.Is(err, shm.ErrSeals) {
		err = fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err != nil {
		return nil, err
	}
	if size < w.least || size > w.most {
		return nil, fmt.Errorf("%w: memory of %d bytes, want %d..%d", ErrFormat, size, w.least, w.most)
	}
	return mapper(file, size, how)
}

func (m *mapping) bell(file *os.File) (bell *shm.Bell) {
	if m.err == nil {
		bell, m.err = shm.OpenBell(file)
	}
	if bell == nil {
		m.err = errors.Join(m.err, file.Close())
	}
	return bell
}

func (m *mapping) done() (*Parts, error) {
	if m.err != nil {
		return nil, errors.Join(m.err, m.parts.Close())
	}
	return m.parts, nil
}

// Close closes the bells. What is mapped is the mapper's.
func (p *Parts) Close() error {
	errs := []error{p.room.Close()}
	for _, b := range p.news {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

// description is what the control page says and does not change.
type description struct {
	Shape
	number uint64
}

// describe reads each word of the control page once, and returns ErrFormat if it is not
// that of the other memory.
//
// Preconditions: the thread may read the memory.
func (p *Parts) describe() (d description, err error) {
	word := func(offset int) uint64 { return mpk.Uint64At(p.control, offset).Load() }
	abi, slots, stride := word(controlABI), word(controlSlots), word(controlStride)
	d = description{
		Shape: Shape{
			Consumers: int(abi >> 32),
			Slots:     int(uint32(slots)), SlotSize: int(slots >> 32),
			Integrity: Integrity(stride >> 32), Overflow: Overflow(stride >> 40),
		},
		number: word(controlGeneration),
	}
	if m := word(controlMagic); m != magic || uint32(abi) != ABI {
		return d, fmt.Errorf("%w: magic %#x and version %d, want %#x and %d", ErrFormat, m, uint32(abi), uint64(magic), ABI)
	}
	if err := d.check(); err != nil {
		return d, err
	}
	if size := word(controlRingSize); size != uint64(d.RingSize()) || len(p.ring) != d.RingSize() || int(uint32(stride)) != d.Stride() || d.number == 0 {
		return d, fmt.Errorf("%w: generation %d with slots %d octets apart in a ring of %d, its memory has %d, want %d in %d",
			ErrFormat, d.number, uint32(stride), size, len(p.ring), d.Stride(), d.RingSize())
	}
	if d.Overflow == DropOldest && !keepsOrder {
		return d, fmt.Errorf("read what can be overwritten meanwhile: %w", errors.ErrUnsupported)
	}
	return d, nil
}

// slot returns the slot of a message.
func (d *description) slot(ring []byte, sequence uint64) []byte {
	begin := ringHeader + int(sequence&uint64(d.Slots-1))*d.Stride()
	end := begin + slotHeader + d.SlotSize
	return ring[begin:end:end]
}
