//go:build linux && amd64

package redteam

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Target is the memory that an attacker is after: whole pages of another domain.
type Target struct {
	Address uintptr
	Length  int
	OwnKey  int // of the attacker's domain, which its thread has open
}

// Vector is one way to the memory of another domain, taken by a thread that is
// inside its own.
type Vector struct {
	Name string
	How  string
	// Destroys says that the attacker wants to change the memory, not to read it.
	Destroys bool
	// Try returns what it read. It may panic with the runtime's error of a fault.
	Try func(Target) ([]byte, error)
}

// Vectors are the ways, the plain one first.
var Vectors = []Vector{
	{Name: "load", How: "reads the memory", Try: func(t Target) ([]byte, error) { return load(t), nil }},
	{Name: "write(2)", How: "has the kernel read it into a pipe", Try: writeToPipe},
	{Name: "vmsplice(2)", How: "moves its pages into a pipe", Try: vmsplice},
	{Name: "another thread", How: "reads it in a thread that it starts", Try: anotherThread},
	{Name: "WRPKRU", How: "executes the instruction itself, to open all keys", Try: func(t Target) ([]byte, error) {
		before := openAll()
		defer setPKRU(before)
		return load(t), nil
	}},
	{Name: "pkey_mprotect, key 0", How: "puts the memory under the key that all have open", Try: func(t Target) ([]byte, error) {
		return retagged(t, 0)
	}},
	{Name: "pkey_mprotect, own key", How: "puts the memory under its own key", Try: func(t Target) ([]byte, error) {
		return retagged(t, t.OwnKey)
	}},
	{Name: "mprotect, executable and back", How: "has the kernel move the pages to its key for executable memory, and from there to key 0", Try: executableAndBack},
	{Name: "pkey_free, pkey_alloc", How: "gives every key back and takes it, which opens it", Try: freeAndTake},
	{Name: "mremap(2)", How: "moves the memory elsewhere", Try: moved},
	{Name: "mremap(2), int 0x80", How: "moves the memory below 4 GiB and puts it under key 0 with a system call of the 32-bit table", Try: compat},
	{Name: "process_vm_readv(2)", How: "has the kernel read it from this very process", Try: readv},
	{Name: "/proc/self/mem", How: "reads the file that is its own memory", Try: procMem("self")},
	{Name: "/proc of the parent", How: "starts a program that reads the file", Try: helper("mem")},
	{Name: "ptrace(2)", How: "starts a program that traces it and reads its memory", Try: helper("ptrace")},
	{Name: "mmap(2) over it", How: "maps fresh memory there", Destroys: true, Try: mappedOver},
	{Name: "MADV_DONTNEED", How: "gives the pages up", Destroys: true, Try: givenUp},
	{Name: "munmap(2)", How: "unmaps it", Destroys: true, Try: unmapped},
}

func load(t Target) []byte { return bytes.Clone(t.slice()) }

// pointer is to memory that the runtime does not know.
func (t Target) pointer() *byte { return (*byte)(unsafe.Add(unsafe.Pointer(nil), t.Address)) }

func (t Target) slice() []byte { return unsafe.Slice(t.pointer(), t.Length) }

func writeToPipe(t Target) ([]byte, error) {
	r, w, err := pipe()
	if err != nil {
		return nil, err
	}
	if _, err := unix.Write(w, t.slice()); err != nil {
		return nil, err
	}
	return drain(r, t.Length)
}

func vmsplice(t Target) ([]byte, error) {
	r, w, err := pipe()
	if err != nil {
		return nil, err
	}
	vec := unix.Iovec{Base: t.pointer(), Len: uint64(t.Length)}
	if _, _, e := unix.Syscall6(unix.SYS_VMSPLICE, uintptr(w), uintptr(unsafe.Pointer(&vec)), 1, 0, 0, 0); e != 0 {
		return nil, e
	}
	return drain(r, t.Length)
}

func pipe() (r, w int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_NONBLOCK)
	return fds[0], fds[1], err
}

func drain(fd, length int) ([]byte, error) {
	b := make([]byte, length)
	n, err := unix.Read(fd, b)
	return b[:max(n, 0)], err
}

func anotherThread(t Target) (got []byte, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // a thread of its own, which ends with it
		got, err = guarded(func(t Target) ([]byte, error) { return load(t), nil }, t)
	}()
	<-done
	return got, err
}

func retagged(t Target, key int) ([]byte, error) {
	const prot = unix.PROT_READ | unix.PROT_WRITE
	if _, _, e := unix.Syscall6(unix.SYS_PKEY_MPROTECT, t.Address, uintptr(t.Length), prot, uintptr(key), 0, 0); e != 0 {
		return nil, e
	}
	return load(t), nil
}

func executableAndBack(t Target) ([]byte, error) {
	for _, prot := range []int{unix.PROT_EXEC, unix.PROT_READ | unix.PROT_WRITE} {
		if err := unix.Mprotect(t.slice(), prot); err != nil {
			return nil, err
		}
	}
	return load(t), nil
}

func freeAndTake(t Target) ([]byte, error) {
	for key := 1; key < 16; key++ {
		if _, _, e := unix.RawSyscall(unix.SYS_PKEY_FREE, uintptr(key), 0, 0); e != 0 {
			return nil, e
		}
		if _, _, e := unix.RawSyscall(unix.SYS_PKEY_ALLOC, 0, 0, 0); e != 0 {
			return nil, e
		}
	}
	return load(t), nil
}

// low is an address below 4 GiB where nothing is.
const low = 0x2000_0000

func move(t Target) (Target, error) {
	_, _, e := unix.Syscall6(unix.SYS_MREMAP, t.Address, uintptr(t.Length), uintptr(t.Length), unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, low, 0)
	if e != 0 {
		return t, e
	}
	t.Address = low
	return t, nil
}

func moved(t Target) ([]byte, error) {
	t, err := move(t)
	if err != nil {
		return nil, err
	}
	return load(t), nil
}

func compat(t Target) ([]byte, error) {
	t, err := move(t)
	if err != nil {
		return nil, err
	}
	const pkeyMprotect32 = 380
	if r := call32(pkeyMprotect32, uint32(t.Address), uint32(t.Length), unix.PROT_READ|unix.PROT_WRITE, 0); r != 0 {
		return nil, unix.Errno(-r)
	}
	return load(t), nil
}

func readv(t Target) ([]byte, error) {
	got := make([]byte, t.Length)
	local := []unix.Iovec{{Base: &got[0], Len: uint64(t.Length)}}
	_, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Base: t.Address, Len: t.Length}}, 0)
	return got, err
}

func procMem(process string) func(Target) ([]byte, error) {
	return func(t Target) ([]byte, error) {
		f, err := os.Open("/proc/" + process + "/mem")
		if err != nil {
			return nil, err
		}
		defer f.Close()
		got := make([]byte, t.Length)
		_, err = f.ReadAt(got, int64(t.Address))
		return got, err
	}
}

// helperVariable tells this program, started again, to be a helper.
const helperVariable = "WAVEGUARD_REDTEAM_HELPER"

func helper(how string) func(Target) ([]byte, error) {
	return func(t Target) ([]byte, error) {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", helperVariable, how, t.Address, t.Length))
		return cmd.Output()
	}
}

// Help does a helper's work if this process is one, and returns otherwise.
func Help() {
	var how string
	var t Target
	if n, _ := fmt.Sscanf(os.Getenv(helperVariable), "%s %d %d", &how, &t.Address, &t.Length); n != 3 {
		return
	}
	read := procMem(strconv.Itoa(os.Getppid()))
	if how == "ptrace" {
		read = peek
	}
	got, err := read(t)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(got)
	os.Exit(0)
}

func peek(t Target) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	parent := os.Getppid()
	if err := unix.PtraceAttach(parent); err != nil {
		return nil, err
	}
	defer unix.PtraceDetach(parent)
	if _, err := unix.Wait4(parent, nil, unix.WALL, nil); err != nil {
		return nil, err
	}
	got := make([]byte, t.Length)
	_, err := unix.PtracePeekData(parent, t.Address, got)
	return got, err
}

func mappedOver(t Target) ([]byte, error) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED
	_, _, e := unix.Syscall6(unix.SYS_MMAP, t.Address, uintptr(t.Length), prot, flags, ^uintptr(0), 0)
	return nil, errnoError(e)
}

func givenUp(t Target) ([]byte, error) { return nil, unix.Madvise(t.slice(), unix.MADV_DONTNEED) }

func unmapped(t Target) ([]byte, error) {
	_, _, e := unix.Syscall(unix.SYS_MUNMAP, t.Address, uintptr(t.Length), 0)
	return nil, errnoError(e)
}

func errnoError(e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
