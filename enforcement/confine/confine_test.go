//go:build linux && amd64

package confine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/testdata/redteam"
)

// verdict runs a filter over one system call, as the kernel would.
func verdict(t testing.TB, p Policy, arch, number uint32, arguments ...uint64) uint32 {
	t.Helper()
	vm, err := bpf.NewVM(program(p))
	if err != nil {
		t.Fatal(err)
	}
	// The machine of package bpf reads big-endian words, the kernel's its own.
	data := binary.BigEndian.AppendUint32(nil, number)
	data = binary.BigEndian.AppendUint32(data, arch)
	data = append(data, make([]byte, 8)...)
	for i := range 6 {
		var a uint64
		if i < len(arguments) {
			a = arguments[i]
		}
		data = binary.BigEndian.AppendUint32(data, uint32(a))
		data = binary.BigEndian.AppendUint32(data, uint32(a>>32))
	}
	got, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got)
}

func TestFilter(t *testing.T) {
	const high = 1 << 40 // above what the kernel looks at
	plain, region, codes := Policy{}, Policy{Profile: Region}, Policy{CodeGeneration: true}
	regionCodes := Policy{Profile: Region, CodeGeneration: true}
	fixed, allowed := Policy{FixedCode: true}, Policy{AllowCalls: []string{"ptrace", "mmap"}}
	allow, deny, noExec, absent := retAllow, refusedWith(unix.EPERM), refusedWith(unix.EACCES), refusedWith(unix.ENOSYS)
	const r, w, x = unix.PROT_READ, unix.PROT_WRITE, unix.PROT_EXEC
	const private, shared, anonymous = unix.MAP_PRIVATE, unix.MAP_SHARED, unix.MAP_ANONYMOUS
	for _, test := range []struct {
		name   string
		policy Policy
		number uint32
		args   []uint64
		want   uint32
	}{
		{"what every program does", plain, unix.SYS_WRITE, nil, allow},
		{"one of the last that are known", plain, newest - 1, nil, allow},
		{"what does not exist yet", plain, newest + 1, nil, absent},
		{"ptrace", plain, unix.SYS_PTRACE, nil, deny},
		{"io_uring", plain, unix.SYS_IO_URING_SETUP, nil, absent},
		{"ioctl", plain, unix.SYS_IOCTL, []uint64{0, unix.TCGETS}, allow},
		{"userfaultfd of the device", plain, unix.SYS_IOCTL, []uint64{3, high | newUserfaultfd}, absent},
		{"copy of a mounted tree", plain, unix.SYS_OPEN_TREE_ATTR, nil, deny},

		{"keys of a plain program", plain, unix.SYS_PKEY_ALLOC, []uint64{0, 1}, deny},
		{"key that comes closed", region, unix.SYS_PKEY_ALLOC, []uint64{0, 1}, allow},
		{"key that comes open", region, unix.SYS_PKEY_ALLOC, []uint64{0, 0}, deny},
		{"free a key", region, unix.SYS_PKEY_FREE, []uint64{3}, deny},
		{"tag", region, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w, 3}, allow},
		{"tag with key 0", region, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w, 0}, deny},
		{"tag with key 0 below rubbish", region, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w, high}, deny},
		{"tag with the key there is", region, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w, ^uint64(0)}, deny},
		{"tag and make executable", region, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | x, 3}, deny},
		{"tag code that is generated", regionCodes, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w | x, 3}, allow},
		{"tag with key 0 beside generated code", regionCodes, unix.SYS_PKEY_MPROTECT, []uint64{0x1000, 0x1000, r | w, 0}, deny},
		{"own filter", region, unix.SYS_SECCOMP, nil, deny},

		{"map memory", plain, unix.SYS_MMAP, []uint64{0, 4096, r | w, private | anonymous}, allow},
		{"map a library", plain, unix.SYS_MMAP, []uint64{0, 4096, r | x, private, 3}, allow},
		{"map writable code", plain, unix.SYS_MMAP, []uint64{0, 4096, r | w | x, private, 3}, noExec},
		{"map anonymous code", plain, unix.SYS_MMAP, []uint64{0, 4096, r | x, private | anonymous}, noExec},
		{"map code that others write", plain, unix.SYS_MMAP, []uint64{0, 4096, r | x, shared, 3}, noExec},
		{"arguments that look like numbers of calls", plain, unix.SYS_MMAP, []uint64{unix.SYS_READ, unix.SYS_READ, x | w, unix.SYS_READ}, noExec},
		{"protect", plain, unix.SYS_MPROTECT, []uint64{0, 4096, r}, allow},
		{"make executable", plain, unix.SYS_MPROTECT, []uint64{0, 4096, r | x}, noExec},
		{"make executable below rubbish", plain, unix.SYS_MPROTECT, []uint64{0, 4096, high | r | x}, noExec},
		{"map a library into fixed code", fixed, unix.SYS_MMAP, []uint64{0, 4096, r | x, private, 3}, noExec},
		{"map a file beside fixed code", fixed, unix.SYS_MMAP, []uint64{0, 4096, r | w, private, 3}, allow},
		{"a call that is allowed", allowed, unix.SYS_PTRACE, nil, allow},
		{"a call that is allowed, of those with conditions", allowed, unix.SYS_MMAP, []uint64{0, 4096, r | w | x, private | anonymous}, allow},
		{"a call of the group of one that is allowed", allowed, unix.SYS_KCMP, nil, deny},
		{"resize memory", region, unix.SYS_MREMAP, []uint64{0x1000, 4096, 8192, unix.MREMAP_MAYMOVE}, allow},
		{"move memory", region, unix.SYS_MREMAP, []uint64{0x1000, 4096, 4096, unix.MREMAP_MAYMOVE | unix.MREMAP_FIXED, 0x9000}, deny},
		{"move memory and leave the place", region, unix.SYS_MREMAP, []uint64{0x1000, 4096, 4096, high | unix.MREMAP_MAYMOVE | unix.MREMAP_DONTUNMAP}, deny},
		{"send a copy", region, unix.SYS_SENDMSG, []uint64{3, 0x7000, unix.MSG_DONTWAIT}, allow},
		{"send a page", region, unix.SYS_SENDMSG, []uint64{3, 0x7000, high | unix.MSG_ZEROCOPY}, deny},
		{"send a page to", region, unix.SYS_SENDTO, []uint64{3, 0x7000, 4096, unix.MSG_ZEROCOPY | unix.MSG_DONTWAIT}, deny},
		{"send many pages", region, unix.SYS_SENDMMSG, []uint64{3, 0x7000, 2, unix.MSG_ZEROCOPY}, deny},
		{"send a page of a plain program", plain, unix.SYS_SENDMSG, []uint64{3, 0x7000, unix.MSG_ZEROCOPY}, allow},
		{"want to send pages", region, unix.SYS_SETSOCKOPT, []uint64{3, high | unix.SOL_SOCKET, unix.SO_ZEROCOPY}, deny},
		{"another option of sockets", region, unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_SOCKET, unix.SO_REUSEADDR}, allow},
		{"an option of TCP with its number", region, unix.SYS_SETSOCKOPT, []uint64{3, unix.IPPROTO_TCP, unix.SO_ZEROCOPY}, allow},
		{"memory for a ring of AF_XDP", region, unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_XDP, unix.XDP_UMEM_REG}, deny},
		{"put pages into a pipe", region, unix.SYS_VMSPLICE, []uint64{4, 0x7000, 1, 0}, deny},
		{"ask for pages in use", region, unix.SYS_MINCORE, []uint64{0x7000, 4096, 0x8000}, absent},
		{"move memory of a plain program", plain, unix.SYS_MREMAP, []uint64{0x1000, 4096, 4096, unix.MREMAP_MAYMOVE | unix.MREMAP_FIXED, 0x9000}, allow},

		{"code generation", codes, unix.SYS_MMAP, []uint64{0, 4096, r | w | x, private | anonymous}, allow},

		{"ask the personality", plain, unix.SYS_PERSONALITY, []uint64{askPersonality}, allow},
		{"personality", plain, unix.SYS_PERSONALITY, []uint64{0x0040000}, allow},
		{"READ_IMPLIES_EXEC", plain, unix.SYS_PERSONALITY, []uint64{readImpliesExec}, deny},
		{"READ_IMPLIES_EXEC below rubbish", plain, unix.SYS_PERSONALITY, []uint64{high | readImpliesExec | 8}, deny},
		{"thread", plain, unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_THREAD}, allow},
		{"new user", plain, unix.SYS_CLONE, []uint64{unix.CLONE_NEWUSER}, deny},
		{"clone3", plain, unix.SYS_CLONE3, nil, absent},
		{"shared memory", plain, unix.SYS_SHMAT, []uint64{1, 0, 0}, allow},
		{"shared code", plain, unix.SYS_SHMAT, []uint64{1, 0, shmExec}, deny},
		{"read a limit", plain, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 0, 0x7000}, allow},
		{"set a limit", plain, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NOFILE, 0x7000}, allow},
		{"core dumps", plain, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 0x7000}, deny},
		{"core dumps, pointer with low bits 0", plain, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, high}, deny},
		{"core dumps in the old way", plain, unix.SYS_SETRLIMIT, []uint64{unix.RLIMIT_CORE, 0x7000}, deny},
		{"prctl", plain, unix.SYS_PRCTL, []uint64{unix.PR_SET_NAME}, allow},
		{"own filter of a plain program", plain, unix.SYS_PRCTL, []uint64{unix.PR_SET_SECCOMP, 2}, allow},
		{"own filter by prctl", region, unix.SYS_PRCTL, []uint64{unix.PR_SET_SECCOMP, 2}, deny},
		{"own handler of calls", region, unix.SYS_PRCTL, []uint64{unix.PR_SET_SYSCALL_USER_DISPATCH, 1}, deny},
		{"own handler of a plain program's calls", plain, unix.SYS_PRCTL, []uint64{unix.PR_SET_SYSCALL_USER_DISPATCH, 1}, allow},
		{"prctl of the address space", plain, unix.SYS_PRCTL, []uint64{unix.PR_SET_MM | high}, deny},
	} {
		if got := verdict(t, test.policy, archX8664, test.number, test.args...); got != test.want {
			t.Errorf("%s: verdict %#x, want %#x", test.name, got, test.want)
		}
		test.policy.Permissive = true
		if got := verdict(t, test.policy, archX8664, test.number, test.args...); got != retAllow && got != retLog || (got == retLog) != (test.want != allow) {
			t.Errorf("%s, permissive: verdict %#x", test.name, got)
		}
	}
	for name, arch := range map[string]uint32{"i386": 0x40000003, "arm64": 0xc00000b7, "none": 0} {
		if got := verdict(t, plain, arch, unix.SYS_WRITE); got != retKill {
			t.Errorf("a call of %s: verdict %#x", name, got)
		}
	}
	if got := verdict(t, plain, archX8664, x32Bit|unix.SYS_WRITE); got != retKill {
		t.Errorf("a call of x32: verdict %#x", got)
	}
}

// Whatever the arguments, a call is refused or not as its own line says: the
// filter against a naive reading of the table.
func FuzzFilter(f *testing.F) {
	f.Add(uint32(unix.SYS_MMAP), uint64(7), uint64(9), uint64(7), uint64(0x22), uint8(0))
	f.Add(uint32(unix.SYS_PKEY_MPROTECT), uint64(0), uint64(0), uint64(3), uint64(1)<<32, uint8(1))
	f.Fuzz(func(t *testing.T, number uint32, a0, a1, a2, a3 uint64, how uint8) {
		p := Policy{Profile: Profile(how & 1), CodeGeneration: how&2 != 0, FixedCode: how&6 == 4}
		number %= newest + 1
		args := []uint64{a0, a1, a2, a3}
		want := retAllow
		for _, r := range Refusals(p) {
			for _, c := range r.Calls {
				if c.number == number && want == retAllow && !c.permits(args) {
					want = refusedWith(r.Error)
				}
			}
		}
		if got := verdict(t, p, archX8664, number, args...); got != want {
			t.Errorf("call %d with %#x: verdict %#x, want %#x", number, args, got, want)
		}
	})
}

func (c Call) permits(args []uint64) bool {
	return slices.ContainsFunc(c.permitted, func(tests []test) bool {
		return !slices.ContainsFunc(tests, func(t test) bool {
			word := uint32(args[t.argument])
			if t.high {
				word = uint32(args[t.argument] >> 32)
			}
			return (word&t.mask == t.value) != t.equal
		})
	})
}

// Every call has one line, or its first refusal would hide the second's condition.
func TestRefusalsAreOnce(t *testing.T) {
	for _, p := range []Policy{{}, {Profile: Region}, {CodeGeneration: true}, {Profile: Region, CodeGeneration: true}, {Profile: Region, FixedCode: true}} {
		seen := map[uint32]string{}
		for _, r := range Refusals(p) {
			for _, c := range r.Calls {
				if seen[c.number] != "" || c.number > newest {
					t.Errorf("%+v: %s is there twice or out of range", p, c.Name)
				}
				seen[c.number] = c.Name
			}
		}
	}
}

const child = "WAVEGUARD_TEST_CONFINED"

func TestMain(m *testing.M) {
	switch how := os.Getenv(child); how {
	case "":
		os.Exit(m.Run())
	case "proc", "allow-proc":
		if err := Apply(Policy{Profile: Region, AllowProc: how == "allow-proc"}); err != nil {
			fmt.Println("apply:", err)
			os.Exit(1)
		}
		_ = os.Setenv(child, "look")
		fmt.Println(unix.Exec("/proc/self/exe", os.Args, os.Environ()))
	case "look":
		look()
	case "free", "strict", "permissive":
		if how != "free" {
			if err := Apply(Policy{Permissive: how == "permissive"}); err != nil {
				fmt.Println("apply:", err)
				os.Exit(1)
			}
		}
		for name, attack := range redteam.Calls {
			fmt.Printf("%s: %v\n", name, refused(attack()))
		}
	case "run": // what an ordinary program does goes on
		if err := Apply(Policy{}); err != nil {
			fmt.Println("apply:", err)
			os.Exit(1)
		}
		fmt.Println(unix.Exec("/bin/sh", []string{"sh", "-c", "echo $((6*7)) | cat; ls / >/dev/null && (exit 3); echo $?"}, os.Environ()))
	}
	os.Exit(0)
}

// refused says whether an error is a refusal of the filter's kind. What fails for
// another reason was let through.
func refused(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS)
}

func confined(t *testing.T, how string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), child+"="+how)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", how, err, out)
	}
	return string(out)
}

// Each attack is refused in a confined program, and its baseline says which of them
// this machine lets work without.
func TestAttacks(t *testing.T) {
	free, strict := confined(t, "free"), confined(t, "strict")
	worked := 0
	for name := range redteam.Calls {
		if !strings.Contains(strict, name+": true\n") {
			t.Errorf("%s works in a confined program:\n%s", name, strict)
		}
		if strings.Contains(free, name+": false\n") {
			worked++
		} else {
			t.Logf("%s does not work here without a filter either", name)
		}
	}
	if worked < 5 {
		t.Errorf("only %d attacks work without a filter, so that the test shows little:\n%s", worked, free)
	}
}

func TestPermissiveLetsPass(t *testing.T) {
	free, permissive := confined(t, "free"), confined(t, "permissive")
	for name := range redteam.Calls {
		if name == "core dumps" || name == "new privileges" { // given up in any case
			continue
		}
		if strings.Contains(free, name+": false\n") && !strings.Contains(permissive, name+": false\n") {
			t.Errorf("%s is refused in permissive mode:\n%s", name, permissive)
		}
	}
}

func TestOrdinaryProgramsRun(t *testing.T) {
	if out := confined(t, "run"); out != "42\n3\n" {
		t.Errorf("a shell in confinement says %q", out)
	}
}

func TestParseProfile(t *testing.T) {
	for _, p := range []Profile{Plain, Region} {
		if got, err := ParseProfile(p.String()); err != nil || got != p {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if _, err := ParseProfile("strict"); err == nil {
		t.Error("a profile of no such name was found")
	}
}

// look opens files under many names, in a program that was executed in confinement.
func look() {
	self, thread := strconv.Itoa(os.Getpid()), strconv.Itoa(unix.Gettid())
	for _, name := range []string{
		"/proc/self/mem", "/proc/thread-self/mem", "/proc/" + self + "/mem", "/proc/self/task/" + thread + "/mem", "/proc/self/root" + "/proc/self/mem",
		"/proc/" + strconv.Itoa(os.Getppid()) + "/mem", "/proc/self/pagemap", "/proc/self/cwd/../../../../../../../../../proc/self/mem",
	} {
		f, err := os.OpenFile(name, os.O_RDONLY, 0)
		fmt.Println("past keys:", err == nil)
		f.Close()
	}
	dir, err := os.MkdirTemp("", "")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(os.Mkdir(dir+"/d", 0o700), os.WriteFile(dir+"/f", []byte("x"), 0o600), os.Rename(dir+"/f", dir+"/d/f"))
	}
	_, err2 := os.ReadFile(dir + "/d/f")
	_, err3 := os.ReadFile("/proc/self/exe") // a link to elsewhere
	fmt.Println("ordinary:", errors.Join(err, err2, err3))
}

// No name leads to the memory of this process or its parent, and all else goes on. Left
// open, the same names do.
func TestProcIsClosed(t *testing.T) {
	if !mpk.CanRestrictFiles() {
		if os.Getenv("WAVEGUARD_IN_VM") != "" {
			t.Fatal("the virtual machine's kernel has no Landlock")
		}
		t.Skip("needs Landlock (Linux 5.19): make vm-test")
	}
	closed, open := confined(t, "proc"), confined(t, "allow-proc")
	if want := strings.Repeat("past keys: false\n", 8) + "ordinary: <nil>\n"; closed != want {
		t.Errorf("closed: %q, want %q", closed, want)
	}
	if want := strings.Repeat("past keys: true\n", 8) + "ordinary: <nil>\n"; open != want {
		t.Errorf("left open: %q, want %q", open, want)
	}
}

func TestProcMounts(t *testing.T) {
	for line, want := range map[string]string{
		`21 28 0:20 / /proc rw,relatime shared:5 - proc proc rw`:         "/proc",
		`95 28 0:77 / /srv/a\040b\134/proc ro - proc none rw,hidepid=2`:  `/srv/a b\/proc`,
		`22 28 0:21 / /sys rw - sysfs sysfs rw`:                          "",
		`22 28 0:21 / /proc/sys/fs/binfmt_misc rw - binfmt_misc proc rw`: "",
		``:             "",
		` - proc proc`: "",
	} {
		if got, is := procMount(line); got != want || is != (want != "") {
			t.Errorf("%q: %q, %v", line, got, is)
		}
	}
}

func TestWithout(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"proc/self", "srv/proc/1", "srv/data", "srv2"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(dir+"/file", nil, 0o600), os.Symlink("proc", dir+"/link")); err != nil {
		t.Fatal(err)
	}
	got, err := without(dir, []string{dir + "/proc", dir + "/srv/proc"})
	if want := []string{dir + "/file", dir + "/srv/data", dir + "/srv2"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// TestWithoutWhatCannotBeListed: a mount that only others may see does not keep a program
// from being run, and nothing beside it is opened.
func TestWithoutWhatCannotBeListed(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.MkdirAll(dir+"/private/proc", 0o755), os.Mkdir(dir+"/data", 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/private", 0o711); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Geteuid() == 0 {
		defer unix.SetfsuidRetUid(0)
		_, _ = unix.SetfsuidRetUid(nobody)
	} else if err := os.Chmod(dir+"/private", 0o100); err != nil {
		t.Fatal(err)
	}
	got, err := without(dir, []string{dir + "/private/proc"})
	if want := []string{dir + "/data"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestCheck(t *testing.T) {
	for _, p := range []Policy{
		{AllowCalls: []string{"read"}},
		{AllowCalls: []string{"mremap"}}, // which profile Plain does not refuse
		{FixedCode: true, CodeGeneration: true},
	} {
		if _, err := Filter(p); err == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
	if err := (Policy{Profile: Region, AllowCalls: []string{"mremap", "ptrace"}}).Check(); err != nil {
		t.Error(err)
	}
}
