package csdk_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// restless does something all the time until the function that it returns is called.
func restless(do func()) (stop func()) {
	done := make(chan struct{})
	var working sync.WaitGroup
	working.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				do()
			}
		}
	})
	return func() {
		close(done)
		working.Wait()
	}
}

// TestNobodyIsHeldUp: the end of a wait is its end, whatever the other end has seem to be there.
func TestNobodyIsHeldUp(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := newHub(t)
		l := h.rawLine("feed", channel.Shape{Slots: 4, SlotSize: 8, Overflow: channel.DropOldest, Integrity: channel.CRC32C}, "vault")
		p := h.process(backend, vault)
		h.opens("feed")
		stop := restless(func() { mpk.Uint64At(l.ring, ringHead).Add(1) })
		for range 20 {
			p.expect("vault receive feed 0", empty)
		}
		p.expect("vault receive feed 5", empty)
		stop()
		p.end()

		h = newHub(t)
		l = h.line("feed", channel.Shape{Slots: 2, SlotSize: 8}, "vault")
		p = h.process(backend, front, vault)
		h.opens("feed")
		for range 2 {
			p.expect("front send feed 0 x", "0")
		}
		next := mpk.Uint64At(mapFile(t, l.generation.ConsumerFiles(0)[3], 4096, shm.ReadWrite), 0)
		stop = restless(func() { // for ever about to make room
			next.Store(2)
			next.Store(0)
		})
		for range 20 {
			if got := p.do("front send feed 0 y"); got != full && got != "0" {
				t.Error(got)
			}
		}
		stop()
		p.end()
	})
}

// TestFullBells: who shares a bell can fill it, and have it block. Neither the other end nor the daemon's messages wait for it.
func TestFullBells(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h, l, p := pair(t, backend, channel.Shape{Slots: 4, SlotSize: 8})
		of := l.generation.ConsumerFiles(0)
		fill := func(bell *os.File) {
			fd := int(bell.Fd())
			if err := unix.SetNonblock(fd, false); err != nil {
				t.Fatal(err)
			}
			look := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT | unix.POLLIN}}
			if _, err := unix.Poll(look, 0); err != nil {
				t.Fatal(err)
			}
			if look[0].Revents&unix.POLLIN != 0 {
				_, _ = unix.Read(fd, make([]byte, 8))
			}
			if _, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, math.MaxUint64-1)); err != nil {
				t.Fatal(err)
			}
		}
		waiting := mpk.Uint32At(mapFile(t, of[3], 4096, shm.ReadWrite), 64)
		fill(of[4])
		waiting.Store(1)
		p.expect("front send feed 0 one", "0")
		fill(of[2])
		h.withhold("front", "feed", wire.WithheldService)
		(&rig{t: t}).eventually("front to be told", func() bool { return strings.HasPrefix(p.do("front why feed"), notOpen) })
		h.withhold("vault", "feed", wire.WithheldService)
		(&rig{t: t}).eventually("vault to be told", func() bool { return strings.HasPrefix(p.do("vault why feed"), notOpen) })
		p.end()
	})
}

// TestKeysStayInTheirDomains: what signs messages is in the memory of the ends, and nowhere that others can read it.
func TestKeysStayInTheirDomains(t *testing.T) {
	_, l, p := pair(t, "none", channel.Shape{Slots: 4, SlotSize: 8, Integrity: channel.HMACSHA256})
	p.expect("front send feed 0 one", "0")
	key := memoryOf(t, l.generation.ConsumerFiles(0)[0], 128)[64:96]
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.cmd.Process.Pid))
	memory, err2 := os.Open(fmt.Sprintf("/proc/%d/mem", p.cmd.Process.Pid))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	defer memory.Close()
	found := map[bool]int{} // whether it is where a channel is mapped
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		if from > math.MaxInt64 || to-from > 1<<28 {
			continue // the kernel's own, and what is only reserved
		}
		contents := make([]byte, to-from)
		n, _ := memory.ReadAt(contents, int64(from)) // guard pages have none
		if at := bytes.Index(contents[:n], key); at >= 0 {
			found[strings.Contains(lines.Text(), "/memfd:")]++
			t.Logf("%x of %s", at, lines.Text())
		}
	}
	if found[true] != 2 || found[false] != 0 {
		t.Errorf("the key is mapped %d times, want 2, and %d times elsewhere", found[true], found[false])
	}
	p.end()
}

// TestDescriptorsAreClosed: of rings that were replaced, used or not, and of what the daemon must not send.
func TestDescriptorsAreClosed(t *testing.T) {
	h, l, p := pair(t, "none", channel.Shape{Slots: 4, SlotSize: 8, Integrity: channel.HMACSHA256})
	open := func() int {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	use := func() {
		t.Helper()
		p.expect("+vault receive feed 30000", "started")
		p.expect("front send feed 30000 x", "0")
		if got := p.do("join"); !strings.HasPrefix(got, "0 x ") {
			t.Error(got)
		}
	}
	use()
	before := open()
	for range 3 {
		for range 20 { // more than are mapped at a time
			h.replace("feed")
		}
		use()
		h.opens("feed")
		use()
		if got := open(); got != before {
			t.Errorf("%d descriptors, %d before", got, before)
		}
	}
	of := l.generation.ConsumerFiles(0)
	for name, files := range map[string]wire.Files{
		"swapped":  {of[1], of[0], of[2], of[3], of[4]},
		"bells":    {of[2], of[2], of[2], of[2], of[2]},
		"unsealed": {of[0], of[3], of[2], of[3], of[4]},
	} {
		h.mu.Lock()
		for _, s := range h.seats {
			if s.Role == wire.Consumer {
				h.send(s, &wire.Channel{End: s.end, Role: s.Role, Consumers: 1, Generation: 1000}, files)
			}
		}
		h.seats = nil
		h.mu.Unlock()
		h.opens("feed") // it leaves such a daemon, and comes again
		use()
		if got := open(); got != before {
			t.Errorf("%s: %d descriptors, %d before", name, got, before)
		}
	}
	p.end()
}

// TestWhoWasEndedIsAtNoEnd, though the thread has come into the domain again.
func TestWhoWasEndedIsAtNoEnd(t *testing.T) {
	if out, err := exec.Command(program(t, "claim")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
