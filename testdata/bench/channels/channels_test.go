package channels

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/channel"
)

func shape(consumers, size int, integrity channel.Integrity) channel.Shape {
	return channel.Shape{Consumers: consumers, Slots: 1024, SlotSize: size, Integrity: integrity}
}

var integrities = map[string]channel.Integrity{"NONE": channel.NoIntegrity, "CRC32C": channel.CRC32C, "HMAC": channel.HMACSHA256}

// use reads a message, one octet of each cache line.
func use(m []byte) (sum int) {
	for i := 0; i < len(m); i += 64 {
		sum += int(m[i])
	}
	return sum
}

// BenchmarkOneWay sends 64 octets to another thread and back, both of them looking all the time
// where that is possible, and reports half of it: the median of batches of 50.
func BenchmarkOneWay(b *testing.B) {
	const size = 64
	for _, test := range []struct {
		name string
		open func(b *testing.B) way
	}{
		{"channel-NONE", func(b *testing.B) way { return ring(b, shape(1, size, channel.NoIntegrity), forever) }},
		{"channel-CRC32C", func(b *testing.B) way { return ring(b, shape(1, size, channel.CRC32C), forever) }},
		{"channel-HMAC", func(b *testing.B) way { return ring(b, shape(1, size, channel.HMACSHA256), forever) }},
		{"channel-NONE-waiting", func(b *testing.B) way { return ring(b, shape(1, size, channel.NoIntegrity), 0) }},
		{"pipe", func(b *testing.B) way { return pipe(b, size) }},
		{"unix-socket", func(b *testing.B) way { return socket(b, size) }},
		{"gRPC", stream},
	} {
		b.Run(test.name, func(b *testing.B) { bounce(b, test.open(b), test.open(b), make([]byte, size)) })
	}
}

const batch = 50

func bounce(b *testing.B, there, back way, message []byte) {
	times := b.N
	var group sync.WaitGroup
	group.Go(func() {
		runtime.LockOSThread()
		for range times {
			m, err := there.receive[0]()
			if err == nil {
				err = back.send(m)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took []time.Duration
	b.ResetTimer()
	for left := times; left > 0; left -= batch {
		begin, rounds := time.Now(), min(left, batch)
		for range rounds {
			if err := there.send(message); err != nil {
				b.Fatal(err)
			}
			if _, err := back.receive[0](); err != nil {
				b.Fatal(err)
			}
		}
		took = append(took, time.Since(begin)/time.Duration(2*rounds))
	}
	b.StopTimer()
	group.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "ns/one-way")
	b.ReportMetric(float64(took[len(took)/10]), "ns/one-way-p10")
}

// BenchmarkAlternately sends a message and receives it on one thread: what it takes without another
// processor, and without anybody who waits.
func BenchmarkAlternately(b *testing.B) {
	for _, size := range []int{64, 4096, 65536} {
		for _, name := range []string{"NONE", "CRC32C", "HMAC"} {
			b.Run(fmt.Sprintf("%d/channel-%s", size, name), func(b *testing.B) {
				s := shape(1, size, integrities[name])
				s.Slots = 16
				alternate(b, ring(b, s, 0), size)
			})
		}
		if size < 65536 { // more than fits
			b.Run(fmt.Sprintf("%d/pipe", size), func(b *testing.B) { alternate(b, pipe(b, size), size) })
		}
		b.Run(fmt.Sprintf("%d/unix-socket", size), func(b *testing.B) { alternate(b, socket(b, size), size) })
	}
}

func alternate(b *testing.B, w way, size int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	message := make([]byte, size)
	b.ReportAllocs()
	begin := processorTime(b)
	for b.Loop() {
		if err := w.send(message); err != nil {
			b.Fatal(err)
		}
		m, err := w.receive[0]()
		if err != nil {
			b.Fatal(err)
		}
		use(m)
	}
	b.ReportMetric(float64(processorTime(b)-begin)/float64(b.N), "cpu-ns/op")
}

// processorTime returns the nanoseconds that the thread ran: others have the processor too.
func processorTime(b *testing.B) int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		b.Fatal(err)
	}
	return now.Nano()
}

// BenchmarkStream sends as fast as the slowest consumer receives. "Undisturbed" is what one in ten
// rings full of messages is faster than: on a busy machine, those in which all threads had a processor.
func BenchmarkStream(b *testing.B) {
	for _, size := range []int{64, 4096, 65536} {
		for _, name := range []string{"NONE", "CRC32C", "HMAC"} {
			for _, consumers := range []int{1, 4} {
				b.Run(fmt.Sprintf("%d/channel-%s/%d", size, name, consumers), func(b *testing.B) {
					s := shape(consumers, size, integrities[name])
					s.Slots = min(s.Slots, 1<<22/size)
					flow(b, ring(b, s, looks), size)
				})
			}
		}
		b.Run(fmt.Sprintf("%d/pipe/1", size), func(b *testing.B) { flow(b, pipe(b, size), size) })
		b.Run(fmt.Sprintf("%d/unix-socket/1", size), func(b *testing.B) { flow(b, socket(b, size), size) })
		b.Run(fmt.Sprintf("%d/gRPC/1", size), func(b *testing.B) { flow(b, stream(b), size) })
	}
}

func flow(b *testing.B, w way, size int) {
	messages := b.N
	message := make([]byte, size)
	var group sync.WaitGroup
	b.SetBytes(int64(size))
	b.ResetTimer()
	for _, receive := range w.receive {
		group.Go(func() {
			runtime.LockOSThread()
			for range messages {
				m, err := receive()
				if err != nil || len(m) != size {
					b.Errorf("received %d octets, %v", len(m), err)
					return
				}
				use(m)
			}
		})
	}
	var took []time.Duration // by so many messages as fit into a ring
	begin, fit := time.Now(), min(1024, 1<<22/size)
	for i := range messages {
		if err := w.send(message); err != nil {
			b.Fatal(err)
		}
		if i%fit == fit-1 {
			now := time.Now()
			took, begin = append(took, now.Sub(begin)), now
		}
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
	if slices.Sort(took); len(took) > 0 {
		b.ReportMetric(float64(fit)/took[len(took)/2].Seconds(), "messages/s-median")
		b.ReportMetric(float64(fit)/took[len(took)/10].Seconds(), "messages/s-undisturbed")
	}
}
