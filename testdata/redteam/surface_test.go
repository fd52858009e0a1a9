//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// surface is how many system calls reach the kernel, of those that it has numbers for.
type surface struct {
	Confinement string `json:"confinement"`
	Reached     int    `json:"reached"`
	Of          int    `json:"of"`
}

var surfaces = []struct {
	name   string
	policy *confine.Policy
}{
	{"none", nil},
	{"plain", &confine.Policy{}},
	{"region", &confine.Policy{Profile: confine.Region}},
	{"region, fixed code", &confine.Policy{Profile: confine.Region, FixedCode: true}},
}

// surfaceChild tells this program, started again, to count behind a policy.
const surfaceChild = "WAVEGUARD_REDTEAM_SURFACE"

// knock is the sixth argument of the calls that are only to be counted.
const knock = 0x5eccc0de

// stopKnocks has every call that knocks fail with EXDEV where it would have reached the
// kernel. A filter that is put in force later is asked first, and of two refusals the later
// filter's counts (seccomp(2)), so that what that one refuses is told apart, and nothing is done.
func stopKnocks() error {
	const sixthArgument = 16 + 5*8
	return mpk.InstallFilter([]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: sixthArgument},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: knock, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EXDEV)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	})
}

func TestMain(m *testing.M) {
	runSurface()
	os.Exit(m.Run())
}

func runSurface() {
	text, is := os.LookupEnv(surfaceChild)
	if !is {
		return
	}
	var p *confine.Policy
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = stopKnocks()
	}
	if err == nil && p != nil {
		err = confine.Apply(*p)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	reached := 0
	for number := range numbers() {
		if reaches(number) {
			reached++
		}
	}
	fmt.Println(reached)
	os.Exit(0)
}

// numbers are those of the table of x86-64, which has a gap, up to Linux 6.18.
func numbers() func(yield func(uintptr) bool) {
	return func(yield func(uintptr) bool) {
		for n := uintptr(0); n < 470; n++ {
			if (n < 335 || n >= 424) && !yield(n) {
				return
			}
		}
	}
}

// reaches says whether a call passes with some arguments.
func reaches(number uintptr) bool {
	for _, a := range []uintptr{0, 1, ^uintptr(0)} {
		if _, _, errno := unix.RawSyscall6(number, a, a, a, a, a, knock); errno == unix.EXDEV {
			return true
		}
	}
	return false
}

func TestSurface(t *testing.T) {
	total := 0
	for range numbers() {
		total++
	}
	var all []surface
	for _, s := range surfaces {
		text, err := json.Marshal(s.policy)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), surfaceChild+"="+string(text))
		out, err := cmd.CombinedOutput()
		reached, err2 := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v\n%s", s.name, err, out)
		}
		all = append(all, surface{s.name, reached, total})
	}
	if all[0].Reached != total {
		t.Errorf("%d of %d calls reach the kernel without a filter", all[0].Reached, total)
	}
	compare(t, "surface.json", all)
}
