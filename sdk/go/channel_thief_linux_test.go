package waveguard_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// steal takes every ring of a bell, as another end that has it can, until the test ends: threads
// that wait in the kernel get it first.
func steal(t *testing.T, bell *os.File) {
	t.Helper()
	fd, err := unix.FcntlInt(bell.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	var thieves sync.WaitGroup
	for range 4 {
		thieves.Go(func() {
			for rings := make([]byte, 8); !over.Load(); {
				_, _ = unix.Read(fd, rings)
			}
		})
	}
	t.Cleanup(func() {
		over.Store(true)
		ended := make(chan struct{})
		go func() { thieves.Wait(); close(ended) }()
		for {
			select {
			case <-ended:
				_ = unix.Close(fd)
				return
			case <-time.After(time.Millisecond):
				shm.Ring(bell)
			}
		}
	})
}

// TestStolenRings: who takes the rings of a bell that it shares keeps nobody from noticing the end of
// a context, or another ring.
func TestStolenRings(t *testing.T) {
	for name, side := range map[string]struct {
		service string
		bell    func(g *channel.Generation) *os.File
		wait    func(n *node, th *waveguard.Thread) error // for ever, in the first ring
	}{
		"producer": {"key-store", func(g *channel.Generation) *os.File { return g.ConsumerFiles(0)[2] }, func(n *node, th *waveguard.Thread) error {
			s, err := n.Service("key-store").Sender("levels")
			for err == nil {
				err = s.Send(th, nil)
			}
			return err
		}},
		"consumer": {"monitoring", func(g *channel.Generation) *os.File { return g.ProducerFiles()[4] }, func(n *node, th *waveguard.Thread) error {
			r, err := n.Service("monitoring").Receiver("levels")
			if err == nil {
				_, err = r.Receive(th)
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := startLevels(t, nil, 0)
			g := newRing(t, n.first, blocks, 1)
			steal(t, side.bell(g))
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- n.Service(side.service).Run(ctx, func(th *waveguard.Thread) error { return side.wait(n, th) })
			}()
			eventually(t, "it to wait", listening(t, g))
			cancel()
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			case <-time.After(patience):
				t.Fatal("it waits, although its context ended")
			}
		})
	}
}

// listening returns what reports whether the producer, or the consumer of the first place, waits.
func listening(t *testing.T, g *channel.Generation) func() bool {
	t.Helper()
	const waiting, page = 64, 4096 // sdk/include/waveguard/channel.h
	var words []*atomic.Uint32
	for _, file := range []int{1, 3} {
		m, err := shm.Map(g.ProducerFiles()[file], page, shm.ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = shm.Unmap(m) })
		words = append(words, mpk.Uint32At(m, waiting))
	}
	return func() bool { return words[0].Load()+words[1].Load() > 0 }
}
