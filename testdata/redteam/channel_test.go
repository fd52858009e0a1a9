//go:build linux && amd64

package redteam_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// What stops the ways into a channel.
const (
	theSeal     = "the seal of the ring"
	theSize     = "the seals of the size"
	theMode     = "the mode of the memory"
	theCopy     = "the private copy"
	theTag      = "HMAC_SHA256"
	thePolicing = "the end of the ring"
)

// channelWays are what an end of a channel can try that it has no right to, with what stops
// it or without. Walls have no part in it: the ends are processes of their own.
var channelWays = []struct {
	name, how, heldBy string
	try               func(t *testing.T, held bool) bool
}{
	{"write-ring", "a consumer opens the ring that it reads again, and writes it (mmap, write, fallocate)", theSeal, writeRing},
	{"truncate-ring", "an end cuts memory off that others have mapped, which ends them by SIGBUS", theSize, truncateRing},
	{"open-cursor", "a producer opens the cursor of a consumer again, for writing, as another user", theMode, openCursor},
	{"change-message", "a producer changes a message after its consumer looked at it", theCopy, changeMessage},
	{"forge-message", "who can write the ring and has no key changes a message in it", theTag, forgeMessage},
	{"replay-message", "the same, and puts a message of an older ring there", theTag, replayMessage},
	{"send-on", "a producer goes on to send to a consumer that the policy has taken off", thePolicing, sendOn},
}

// TestChannelWays tries them on this machine.
func TestChannelWays(t *testing.T) {
	if os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("only root can be another user for a while")
	}
	var all []verdict
	for _, w := range channelWays {
		row := verdict{Way: w.name, How: w.how, HeldBy: []string{w.heldBy}}
		for _, held := range []bool{false, true} {
			o := fails
			if w.try(t, held) {
				o = works
			}
			row.Behind = append(row.Behind, o)
		}
		all = append(all, row)
	}
	compare(t, "channels.json", all)
}

// line is a channel with both ends open in this process.
type line struct {
	*channel.Generation
	ring []byte // as a producer has it
	from *channel.Producer
	to   *channel.Consumer
}

func newLine(t *testing.T, shape channel.Shape, number uint64) *line {
	t.Helper()
	shape.Consumers, shape.Slots, shape.SlotSize = 1, 4, 64
	l := &line{}
	var err error
	if l.Generation, err = channel.NewGeneration(shape, number); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	private := func(size int) ([]byte, error) { return make([]byte, size), nil }
	l.ring = mapFile(t, l.ProducerFiles()[1], shm.ReadWrite)
	from, err1 := channel.MapProducer(again(t, l.ProducerFiles()), shm.Map)
	err2 := l.Seal()
	to, err3 := channel.MapConsumer(again(t, l.ConsumerFiles(0)), shm.Map)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	l.from, err1 = channel.NewProducer(from, private)
	l.to, err2 = channel.NewConsumer(to, channel.AtHead, private)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	l.Activate(0, true)
	return l
}

// again returns files as they arrive at an end, which takes them over.
func again(t *testing.T, files []*os.File) (all []*os.File) {
	t.Helper()
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			_ = unix.SetNonblock(fd, true) // bells
			all = append(all, os.NewFile(uintptr(fd), f.Name()))
			continue
		}
		t.Fatal(err)
	}
	return all
}

func mapFile(t *testing.T, f *os.File, how shm.Access) []byte {
	t.Helper()
	m, err := shm.Map(f, ringBytes, how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shm.Unmap(m) })
	return m
}

// The layout of sdk/include/waveguard/channel.h.
const (
	ringBytes   = firstSlot + 4*stride
	firstSlot   = 4096
	stride      = 128
	slotPayload = firstSlot + 64
)

func writeRing(t *testing.T, held bool) (written bool) {
	g, err := channel.NewGeneration(channel.Shape{Consumers: 1, Slots: 4, SlotSize: 64}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if held {
		if err := g.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	given := g.ConsumerFiles(0)[1]
	mine, err := shm.ReadableOnly(given)
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	m := mapFile(t, mine, shm.ReadOnly)
	written = unix.Mprotect(m, unix.PROT_READ|unix.PROT_WRITE) == nil
	anew, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(int(mine.Fd())), os.O_RDWR, 0)
	if err != nil {
		return written
	}
	defer anew.Close()
	if m, err := shm.Map(anew, ringBytes, shm.ReadWrite); err == nil {
		written = true
		_ = shm.Unmap(m)
	}
	_, err = anew.WriteAt([]byte{1}, 0)
	return written || err == nil || unix.Fallocate(int(anew.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, firstSlot) == nil
}

func truncateRing(t *testing.T, held bool) bool {
	fd, err := unix.MemfdCreate("ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "ring")
	defer file.Close()
	if err := file.Truncate(ringBytes); err != nil {
		t.Fatal(err)
	}
	if held {
		file = newLine(t, channel.Shape{}, 1).ProducerFiles()[1]
	}
	return file.Truncate(0) == nil
}

func openCursor(t *testing.T, held bool) bool {
	l := newLine(t, channel.Shape{}, 1)
	cursor := l.ProducerFiles()[3]
	if !held {
		if err := cursor.Chmod(0o666); err != nil { // as memfd_create(2) makes it
			t.Fatal(err)
		}
	}
	producer := exec.CommandContext(t.Context(), "/bin/sh", "-c", ": >>/proc/self/fd/0")
	producer.Stdin = cursor
	producer.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return producer.Run() == nil
}

// received sends a message, has it changed on the way, and returns whether it arrives.
func (l *line) received(t *testing.T, text string, change func()) (m channel.Message, arrives bool) {
	t.Helper()
	if err := l.from.Send([]byte(text)); err != nil {
		t.Fatal(err)
	}
	change()
	m, err := l.to.Receive()
	return m, err == nil
}

func nothing() {}

func changeMessage(t *testing.T, held bool) bool {
	shape := channel.Shape{}
	if held {
		shape.Integrity = channel.CRC32C
	}
	l := newLine(t, shape, 1)
	m, arrives := l.received(t, "open the valve", nothing)
	if !arrives || string(m.Payload) != "open the valve" {
		t.Fatalf("%q", m.Payload)
	}
	copy(l.ring[slotPayload:], "shut")
	return string(m.Payload) == "shut the valve"
}

func forgeMessage(t *testing.T, held bool) bool {
	l := newLine(t, tagged(held), 1)
	if _, arrives := l.received(t, "as it is", nothing); !arrives {
		t.Fatal("nothing arrives")
	}
	m, arrives := l.received(t, "open the valve", func() { copy(l.ring[slotPayload+stride:], "shut") })
	return arrives && string(m.Payload) == "shut the valve"
}

func tagged(held bool) (s channel.Shape) {
	if held {
		s.Integrity = channel.HMACSHA256
	}
	return s
}

func replayMessage(t *testing.T, held bool) bool {
	older := newLine(t, tagged(held), 1)
	if _, arrives := older.received(t, "shut the valve", nothing); !arrives {
		t.Fatal("nothing arrives")
	}
	old := bytes.Clone(older.ring[firstSlot : firstSlot+stride])
	l := newLine(t, tagged(held), 2)
	m, arrives := l.received(t, "open the valve", func() { copy(l.ring[firstSlot:], old) })
	return arrives && string(m.Payload) == "shut the valve"
}

// sendOn is of a producer that keeps to the rules. One that does not can send to whom it likes.
func sendOn(t *testing.T, held bool) bool {
	l := newLine(t, channel.Shape{}, 1)
	if held {
		l.End()
	}
	if err := l.from.Send(nil); err != nil {
		return false
	}
	_, err := l.to.Receive()
	return err == nil
}
