package csdk_test

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// fuzzed is the channel of sdk/c/testdata/fuzz.c, whose generation is fuzzedNumber.
var fuzzed = channel.Shape{Consumers: 2, Slots: 4, SlotSize: 64}

const fuzzedNumber = 7

// memoryOf returns the contents of a file of a generation.
func memoryOf(t testing.TB, f *os.File, size int) []byte {
	t.Helper()
	contents := make([]byte, size)
	if _, err := f.ReadAt(contents, 0); err != nil {
		t.Fatal(err)
	}
	return contents
}

// consumerOf opens the end of a consumer whose memory has those contents.
func consumerOf(t testing.TB, control, cursor, ring []byte) (*channel.Consumer, error) {
	t.Helper()
	const noWriters = shm.NoNewWriters | shm.NoMoreSeals
	make := func(name string, contents []byte, size, seals int) *os.File {
		file, err := shm.Create(name, size)
		if err == nil {
			_, err = file.WriteAt(contents[:min(len(contents), size)], 0)
		}
		if err := errors.Join(err, shm.Seal(file, seals)); err != nil {
			t.Fatal(err)
		}
		return file
	}
	room, err1 := shm.NewBell("room")
	news, err2 := shm.NewBell("news")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var mapped [][]byte
	t.Cleanup(func() {
		for _, m := range mapped {
			_ = shm.Unmap(m)
		}
	})
	parts, err := channel.MapConsumer([]*os.File{
		make("control", control, 4096, noWriters), make("ring", ring, fuzzed.RingSize(), noWriters), room, make("cursor", cursor, 4096, shm.NoMoreSeals), news,
	}, func(f *os.File, size int, how shm.Access) ([]byte, error) {
		m, err := shm.Map(f, size, how)
		mapped = append(mapped, m)
		return m, err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := channel.NewConsumer(parts, channel.AtHead, ordinary)
	if err != nil {
		return nil, errors.Join(err, parts.Close())
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, nil
}

// FuzzCChannelControl gives libwaveguard forged control pages: it takes those that the Go decoder takes.
func FuzzCChannelControl(f *testing.F) {
	p := feed(f)
	g, err := channel.NewGeneration(fuzzed, fuzzedNumber)
	if err != nil {
		f.Fatal(err)
	}
	defer g.Close()
	sound := memoryOf(f, g.ConsumerFiles(0)[0], 128)
	f.Add(sound)
	for at := range 64 {
		forged := slices.Clone(sound)
		forged[at] ^= 1
		f.Add(forged)
	}
	f.Add(sound[:40])
	f.Fuzz(func(t *testing.T, control []byte) {
		if len(control) == 0 || len(control) > 4096 {
			return
		}
		c, err := consumerOf(t, control, nil, nil)
		takes := err == nil && c.Number() == fuzzedNumber && c.Shape().Consumers == fuzzed.Consumers
		if got := p.takes(t, controlPage, control); got != takes {
			t.Errorf("C takes it: %v; Go: %v, %v", got, takes, err)
		}
	})
}

// keyless returns a control page with a key of zeros.
func keyless(t *testing.T, shape byte) []byte {
	s := fuzzed
	s.Integrity, s.Overflow = channel.Integrity(shape%3), channel.Overflow(shape/3%2)
	g, err := channel.NewGeneration(s, fuzzedNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	return memoryOf(t, g.ConsumerFiles(0)[0], 64)
}

// FuzzCChannelRing gives a consumer of libwaveguard rings with anything in them, at any place. It finds in them what the Go consumer finds.
func FuzzCChannelRing(f *testing.F) {
	p := feed(f)
	for shape := range byte(6) {
		for _, places := range [][3]uint64{{0, 0, 1}, {0, 1, 1}, {3, 5, 4}, {0, 9, 9}, {7, 2, 8}, {math.MaxUint64 - 1, 1, math.MaxUint64}, {1, 1 << 63, 2}} {
			next, head, turn := places[0], places[1], places[2]
			input := binary.LittleEndian.AppendUint64([]byte{shape}, next)
			ring := make([]byte, fuzzed.RingSize())
			binary.LittleEndian.PutUint64(ring, head)
			for at := range fuzzed.Slots {
				slot := ring[4096+at*fuzzed.Stride():]
				binary.LittleEndian.PutUint64(slot, turn+uint64(at)-turn%uint64(fuzzed.Slots))
				binary.LittleEndian.PutUint32(slot[8:], uint32(at*30))
			}
			f.Add(append(input, ring...))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) < 9 || len(input) > 9+fuzzed.RingSize() {
			return
		}
		cursor := make([]byte, 16)
		copy(cursor, input[1:9])
		cursor[8] = fuzzedNumber
		c, err := consumerOf(t, keyless(t, input[0]), cursor, input[9:])
		if err != nil {
			t.Fatal(err)
		}
		var messages, corrupted byte
		for range 5 * fuzzed.Slots {
			var bad *channel.Corrupted
			switch _, err := c.Receive(); {
			case err == nil:
				messages++
			case errors.As(err, &bad):
				corrupted++
			}
			c.Release()
		}
		if got := p.answer(t, ringContents, input); got != messages*16+corrupted%16 {
			t.Errorf("C receives %d messages and finds %d corrupted, Go %d and %d", got/16, got%16, messages, corrupted)
		}
	})
}
