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

func TestPKUMoreDomainsThanKeys(t *testing.T) {
	b := pku(t)
	seen := map[int]bool{}
	for i := range b.Keys() {
		d := newDomain(t, b, fmt.Sprint("domain-", i))
		if seen[d.Key()] || d.Key() < 1 {
			t.Errorf("domain %d got key %d, seen before or out of range", i, d.Key())
		}
		seen[d.Key()] = true
	}
	_, err := b.NewDomain("one-too-many")
	if !errors.Is(err, mpk.ErrNoKeys) || !strings.Contains(err.Error(), "one-too-many") {
		t.Errorf("error is %v, want ErrNoKeys with the domain's name", err)
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

func TestPKUSwitchNoticesForeignRights(t *testing.T) {
	b := pku(t)
	d := newDomain(t, b, "vault")
	inside(t, b, d, func() {
		if err := b.Switch(nil, d); !errors.Is(err, mpk.ErrRights) {
			t.Errorf("Switch from where the thread is not: %v, want ErrRights", err)
		}
		mpk.WritePKRU(0)
		var rights *mpk.RightsError
		if err := b.Switch(d, nil); !errors.As(err, &rights) || rights.Got != 0 {
			t.Errorf("Switch after a rogue WRPKRU: %v, want a RightsError that saw 0", err)
		}
		if got := mpk.ReadPKRU(); got != 0 {
			t.Errorf("refused Switch changed PKRU to %#x", got)
		}
	}) // Restore closes what the rogue write opened
	if got := mpk.ReadPKRU(); got != allDenied {
		t.Errorf("PKRU after Restore is %#x", got)
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
	mpk.WritePKRU(0)
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
	key, flags := smaps(t, r)
	if want := fmt.Sprint(d.Key()); key != want {
		t.Errorf("kernel tags the region with key %s, want %s", key, want)
	}
	if !strings.Contains(flags, "dd") {
		t.Errorf("VmFlags %q lack dd: the region goes into core dumps", flags)
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
	if err := b.Switch(nil, d); err != nil {
		t.Error(err)
		return
	}
	defer func() {
		if err := b.Switch(d, nil); err != nil {
			t.Errorf("after preemption: %v", err)
		}
	}()
	want := mpk.ReadPKRU()
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
