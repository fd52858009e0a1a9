package enforcement

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// doorbellPause bounds how often one process can ask for attention.
	doorbellPause = 200 * time.Microsecond
	// doorbellShare bounds the time spent on one that asks all the time, with its
	// doorbell or with reports: one part in so many.
	doorbellShare = 10
)

// listen takes counters in whenever the process rings, until the doorbell is closed.
func (a *attachment) listen(doorbell syscall.RawConn) {
	for {
		if err := awaitRing(doorbell); err != nil {
			if errors.Is(err, unix.EOPNOTSUPP) {
				a.engine.log.Warn("doorbells need Linux 5.8; counters are read by the clock alone", "err", err)
			}
			return
		}
		took := a.attend()
		a.engine.signal()
		time.Sleep(max(doorbellPause, (doorbellShare-1)*took))
	}
}

// attend answers the doorbell in its turn and returns how long that took.
func (a *attachment) attend() time.Duration {
	a.engine.bells.Lock()
	defer a.engine.bells.Unlock()
	start := time.Now()
	a.answer()
	a.engine.channels.sample(a)
	return time.Since(start)
}

// awaitRing waits for a ring and takes it. The process shares the open file of
// the eventfd, and with it its O_NONBLOCK: the read asks the kernel itself not
// to wait (preadv2(2), RWF_NOWAIT), so that only the poller ever does, which
// the close of the doorbell ends.
func awaitRing(doorbell syscall.RawConn) error {
	var read error
	count := [][]byte{make([]byte, 8)}
	err := doorbell.Read(func(fd uintptr) bool {
		_, read = unix.Preadv2(int(fd), count, -1, unix.RWF_NOWAIT)
		return !errors.Is(read, unix.EAGAIN)
	})
	if errors.Is(read, unix.EINTR) {
		read = nil // looking once too often does no harm
	}
	return errors.Join(err, read)
}

// answer takes the ring and then the counters, in this order: what is counted
// later rings again.
func (a *attachment) answer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stats != nil {
		a.stats.Answer()
		a.sampleLocked()
	}
}
