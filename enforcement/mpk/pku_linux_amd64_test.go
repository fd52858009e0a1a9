package mpk_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// allDenied is the PKRU that Linux starts threads with.
const allDenied = 0x55555554

func pku(t *testing.T) mpk.Backend {
	t.Helper()
	b, err := mpk.Open(mpk.KindPKU)
	switch {
	case err == nil:
		return b
	case os.Getenv("WAVEGUARD_IN_VM") != "":
		t.Fatalf("the virtual machine has no protection keys: %v", err)
	case errors.Is(err, mpk.ErrUnsupported):
		t.Skip("needs PKU: make vm-test")
	default:
		t.Fatal(err)
	}
	return nil
}

func TestOpenKeys(t *testing.T) {
	for rights, want := range map[uint32][]int{
		allDenied:  nil,
		0xfffffffc: nil,
		0x55555550: {1},
		0xaaaaaaa8: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, // write disable alone
	} {
		if got := mpk.OpenKeys(rights); !slices.Equal(got, want) {
			t.Errorf("OpenKeys(%#x) = %v, want %v", rights, got, want)
		}
	}
}

func TestPKUTakesEveryKey(t *testing.T) {
	b := pku(t)
	if got := b.Keys(); got != 15 {
		t.Errorf("backend holds %d keys, want 15", got)
	}
	if key, err := mpk.PkeyAlloc(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("kernel gave key %d, error %v; want none left", key, err)
	}
	if again := pku(t); again != b {
		t.Error("second Open made a second backend")
	}
}

// TestPKUMoreDomainsThanKeys goes round many domains: inside each one, its memory
// alone is open, whoever had the key before.
func TestPKUMoreDomainsThanKeys(t *testing.T) {
	b := pku(t)
	const domains, rounds = 40, 3
	var all []*mpk.Domain
	var regions []*mpk.Region
	for i := range domains {
		d := newDomain(t, b, fmt.Sprint("domain-", i))
		all, regions = append(all, d), append(regions, newRegion(t, d, 1))
	}
	for range rounds {
		for i, d := range all {
			inside(t, b, d, func() {
				for j, r := range regions {
					if open := touch(r.Bytes()) == 0; open != (i == j) {
						t.Fatalf("inside domain %d, that of %d is open: %v", i, j, open)
					}
				}
			})
			if own, _ := smaps(t, regions[i]); own != fmt.Sprint(d.Key()) {
				t.Errorf("domain %d has key %d, the kernel tags its memory with %s", i, d.Key(), own)
			}
		}
		for j, r := range regions {
			if touch(r.Bytes()) == 0 {
				t.Fatalf("outside of all, that of domain %d is open", j)
			}
		}
	}
	for i, r := range regions {
		inside(t, b, all[i], func() {
			if got := r.Bytes()[0]; got != rounds {
				t.Errorf("domain %d was written %d times, want %d", i, got, rounds)
			}
		})
	}
}

// TestPKUNestedBeyondTheKeys nests domains deeper than there are keys: what a
// thread came through is parked, and open again when it comes back.
func TestPKUNestedBeyondTheKeys(t *testing.T) {
	b := pku(t)
	var regions []*mpk.Region
	var all []*mpk.Domain
	for i := range 20 {
		d := newDomain(t, b, fmt.Sprint("domain-", i))
		all, regions = append(all, d), append(regions, newRegion(t, d, 1))
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := b.NewThread()
	only := func(i int) {
		t.Helper()
		for j, r := range regions {
			if open := touch(r.Bytes()) == 0; open != (i == j) {
				t.Fatalf("in domain %d, that of %d is open: %v", i, j, open)
			}
		}
	}
	for i, d := range all {
		if err := thread.Enter(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		only(i)
	}
	if err := errors.Join(thread.Pause(), thread.Resume()); err != nil {
		t.Fatal(err)
	}
	for i := len(all) - 1; i >= 0; i-- {
		only(i)
		if err := thread.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	only(-1)
}

// TestPKUThreadsAndFewKeys has threads go through more domains than there are
// keys, each of them watching that nothing but its own is open.
func TestPKUThreadsAndFewKeys(t *testing.T) {
	b := pku(t)
	const threads, domains, visits = 24, 30, 40
	var all []*mpk.Domain
	var regions []*mpk.Region
	for i := range domains {
		d := newDomain(t, b, fmt.Sprint("domain-", i))
		all, regions = append(all, d), append(regions, newRegion(t, d, 1))
	}
	var wg sync.WaitGroup
	for n := range threads {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread := b.NewThread()
			for v := range visits {
				i := (n*7 + v*11) % domains
				if err := thread.Enter(t.Context(), all[i]); err != nil {
					t.Error(err)
					return
				}
				other := (i + 1 + v%(domains-1)) % domains
				if touch(regions[i].Bytes()) != 0 {
					t.Errorf("inside domain %d its memory is closed", i)
				}
				if touch(regions[other].Bytes()) == 0 {
					t.Errorf("inside domain %d, that of %d is open", i, other)
				}
				if err := thread.Leave(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestPKUPinnedDomainsKeepTheirKey(t *testing.T) {
	b := pku(t)
	d, err := b.NewDomain("pinned", keys.Options{Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	key := d.Key()
	for i := range 20 {
		inside(t, b, newDomain(t, b, fmt.Sprint("domain-", i)), func() {})
	}
	if key == 0 || d.Key() != key {
		t.Errorf("a pinned domain had key %d, has %d", key, d.Key())
	}
}

func TestPKURightsOfAThread(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	inside(t, b, d, func() {
		if got, want := mpk.ReadPKRU(), uint32(allDenied)&^(3<<(2*d.Key())); got != want {
			t.Errorf("PKRU inside is %#x, want %#x", got, want)
		}
		onOtherThread(func() {
			if got := mpk.ReadPKRU(); got != allDenied {
				t.Errorf("PKRU of another thread is %#x", got)
			}
		})
	})
	if got := mpk.ReadPKRU(); got != allDenied {
		t.Errorf("PKRU outside is %#x", got)
	}
}

func onOtherThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		f()
	}()
	<-done
}

func TestPKUEnterNoticesForeignRights(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := b.NewThread()
	if err := thread.Enter(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := b.NewThread().Enter(t.Context(), d); !errors.Is(err, mpk.ErrRights) {
		t.Errorf("Enter from where the thread is not: %v, want ErrRights", err)
	}
	rogue(t)(0)
	var rights *mpk.RightsError
	if err := thread.Enter(t.Context(), d); !errors.As(err, &rights) || rights.Got != 0 {
		t.Errorf("Enter after a rogue WRPKRU: %v, want a RightsError that saw 0", err)
	}
	if got := mpk.ReadPKRU(); got != 0 {
		t.Errorf("refused Enter changed PKRU to %#x", got)
	}
	if err := thread.Leave(); err != nil { // which closes what the rogue write opened
		t.Fatal(err)
	}
	if got := mpk.ReadPKRU(); got != allDenied {
		t.Errorf("PKRU after Leave is %#x", got)
	}
}

// TestPKUFaultIsOfTheKey tells a protection-key fault from a missing
// mapping: opening all keys by a rogue WRPKRU makes the same access succeed.
func TestPKUFaultIsOfTheKey(t *testing.T) {
	b := pku(t)
	r := newRegion(t, newDomain(t, b, "vault"), 1)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if touch(r.Bytes()) == 0 {
		t.Fatal("denied access went through")
	}
	rogue(t)(0)
	fault := touch(r.Bytes())
	mpk.WritePKRU(allDenied)
	if fault != 0 {
		t.Errorf("with all keys open the access faults at %#x: the key is not what closed it", fault)
	}
}

func TestPKURegionsCarryTheirKey(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	r := newRegion(t, d, 1)
	inside(t, b, d, func() {}) // which lends it a key
	key, flags := smaps(t, r)
	if want := fmt.Sprint(d.Key()); key != want || want == "0" {
		t.Errorf("kernel tags the region with key %s, want %s", key, want)
	}
	if !strings.Contains(flags, "dd") {
		t.Errorf("VmFlags %q lack dd: the region goes into core dumps", flags)
	}
	if !slices.Contains(strings.Fields(flags), "dc") {
		t.Errorf("VmFlags %q lack dc: children have the region", flags)
	}
}

// smaps reads what the kernel says of the region's usable pages.
func smaps(t *testing.T, r *mpk.Region) (key, flags string) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	prefix := fmt.Sprintf("%x-", addressOf(r))
	found := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		switch name, value, _ := strings.Cut(line, ":"); {
		case strings.HasPrefix(line, prefix):
			found = true
		case found && name == "ProtectionKey":
			key = strings.TrimSpace(value)
		case found && name == "VmFlags":
			return key, value
		}
	}
	t.Fatalf("no mapping at %s in smaps", prefix)
	return "", ""
}

// addressOf finds the first usable address: that of the fault it causes.
func addressOf(r *mpk.Region) uintptr { return touch(r.Bytes()) }

func TestPKUSystemCallsObeyTheThread(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	r := newRegion(t, d, 8)
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	if _, err := unix.Write(pipe[1], r.Bytes()); !errors.Is(err, unix.EFAULT) {
		t.Errorf("write(2) of a closed region: %v, want EFAULT", err)
	}
	inside(t, b, d, func() {
		if _, err := unix.Write(pipe[1], r.Bytes()); err != nil {
			t.Errorf("write(2) of the own region: %v", err)
		}
	})
}

// TestPKUGoroutinesKeepTheirRights samples PKRU in many goroutines, on old
// and new threads, while locked threads are inside a domain and get preempted.
func TestPKUGoroutinesKeepTheirRights(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	const elevated, bystanders, samples = 3, 8, 40
	stop := make(chan struct{})
	var insiders, outside sync.WaitGroup
	for range elevated {
		insiders.Go(func() { spinInside(t, b, d, stop) })
	}
	for range bystanders {
		outside.Go(func() {
			for range samples {
				if got := mpk.ReadPKRU(); got != allDenied {
					t.Errorf("bystander has PKRU %#x", got)
					return
				}
				runtime.Gosched()
			}
		})
	}
	outside.Wait()
	spawnThreads(t)
	close(stop)
	insiders.Wait()
}

// spinInside stays inside d without a call that yields, so that only a
// signal can preempt it, and watches its rights.
func spinInside(t *testing.T, b mpk.Backend, d *mpk.Domain, stop <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := b.NewThread()
	if err := thread.Enter(t.Context(), d); err != nil {
		t.Error(err)
		return
	}
	want := mpk.ReadPKRU()
	defer func() {
		if got := mpk.ReadPKRU(); got != want {
			t.Errorf("after preemption PKRU is %#x, want %#x", got, want)
		}
		if err := thread.Leave(); err != nil {
			t.Error(err)
		}
	}()
	for {
		select {
		case <-stop:
			return
		default:
		}
		for range 20_000 {
			if got := mpk.ReadPKRU(); got != want {
				t.Errorf("PKRU inside changed from %#x to %#x", want, got)
				return
			}
		}
	}
}

// spawnThreads makes the runtime start threads and looks at their rights.
func spawnThreads(t *testing.T) {
	const threads = 12
	var ready, done sync.WaitGroup
	ready.Add(threads)
	for range threads {
		done.Go(func() {
			runtime.LockOSThread() // left locked: the thread ends with the goroutine
			ready.Done()
			ready.Wait()
			if got := mpk.ReadPKRU(); got != allDenied {
				t.Errorf("new thread has PKRU %#x", got)
			}
		})
	}
	done.Wait()
}

func TestPKUSurvivesCollections(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	r := newRegion(t, d, 1<<16)
	inside(t, b, d, func() {
		for i := range 5 {
			r.Bytes()[i] = byte(i)
			runtime.GC()
		}
		if r.Bytes()[4] != 4 {
			t.Error("region lost its contents")
		}
	})
}

// TestPKUFaultWithoutRecoverIsFatal re-runs the test binary: code that did
// not ask for recoverable faults must die, not go on.
func TestPKUFaultWithoutRecoverIsFatal(t *testing.T) {
	const marker = "WAVEGUARD_TEST_FAULT"
	b := pku(t)
	if os.Getenv(marker) != "" {
		r := newRegion(t, newDomain(t, b, "vault"), 1)
		r.Bytes()[0] = 1
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestPKUFaultWithoutRecoverIsFatal$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), marker+"=1")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "code=0x4") {
		t.Errorf("child ended with %v, want death by SIGSEGV with code 4 (SEGV_PKUERR):\n%s", err, out)
	}
}

// TestPKUUnlockedGoroutineIsNoticed: a goroutine that gives its lock up inside and moves to
// another thread leaves rights behind, which Leave does not pass over. In a process of
// its own, which then must end.
func TestPKUUnlockedGoroutineIsNoticed(t *testing.T) {
	const marker = "WAVEGUARD_TEST_UNLOCK"
	b := pku(t)
	if os.Getenv(marker) == "" {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestPKUUnlockedGoroutineIsNoticed$", "-test.v")
		cmd.Env = append(os.Environ(), marker+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	d := newDomain(t, b, "vault")
	runtime.LockOSThread()
	thread, tid := b.NewThread(), unix.Gettid()
	if err := thread.Enter(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	runtime.UnlockOSThread()
	stop := make(chan struct{})
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		}()
	}
	for unix.Gettid() == tid {
		runtime.Gosched()
	}
	runtime.LockOSThread() // wherever it is now
	if unix.Gettid() == tid {
		t.Fatal("came back")
	}
	if err := thread.Pause(); !errors.Is(err, mpk.ErrRights) {
		t.Errorf("Pause on another thread: %v, want ErrRights", err)
	}
	if err := thread.Leave(); !errors.Is(err, mpk.ErrRights) {
		t.Errorf("Leave on another thread: %v, want ErrRights", err)
	}
	close(stop)
}

// TestPKUProgramsBeginWithNothing: what a thread inside has is not what a program has that
// it starts.
func TestPKUProgramsBeginWithNothing(t *testing.T) {
	const marker = "WAVEGUARD_TEST_STARTED"
	if os.Getenv(marker) != "" {
		fmt.Printf("PKRU %#x\n", mpk.ReadPKRU())
		return
	}
	b := pku(t)
	d := newDomain(t, b, "vault")
	inside(t, b, d, func() {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestPKUProgramsBeginWithNothing$")
		cmd.Env = append(os.Environ(), marker+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PKRU 0x55555554") {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}
