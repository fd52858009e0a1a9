package waveguard_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/page"
)

// evenCases are calls into a domain that wants checks of constant time, by the rule
// that each breaks.
var evenCases = []struct {
	name        string
	source, bit int
	want        int
}{
	{"permitted", 1, 0, 4},
	{"source isolated", 2, 0, 0},
	{"no entry", 3, 0, 1},
	{"entry that denies", 4, 0, 1},
	{"operation not permitted", 5, 1, 2},
	{"too often", 6, 0, evenTooOften},
	{evenControl, 7, 0, 1},
}

// evenControl is a call whose source has another row, which is no secret of the
// target's: it shows that a difference is seen.
const evenControl = "no entry in a shorter row"

const (
	evenTarget   = 0
	evenTooOften = 3
	evenTimes    = 2
	evenMarker   = "WAVEGUARD_TEST_EVEN"
)

func evenTable() page.Table {
	table := make(page.Table, 1+len(evenCases))
	for i := range table {
		table[i].State = page.InService
		for target := range table {
			if target == i {
				continue
			}
			table[i].Entries = append(table[i].Entries, page.Entry{Target: target, Flags: page.Permit, Operations: 1})
		}
	}
	table[evenTarget].Wall.Manner = page.ConstantTime
	table[2].State = page.Isolated
	table[3].Entries = table[3].Entries[1:]
	table[3].Entries = append(table[3].Entries, page.Entry{Target: 3, Flags: page.Permit}) // rows of the same length
	for i := len(table[3].Entries) - 1; i > 0 && table[3].Entries[i-1].Target > table[3].Entries[i].Target; i-- {
		table[3].Entries[i-1], table[3].Entries[i] = table[3].Entries[i], table[3].Entries[i-1]
	}
	table[4].Entries[0].Flags = 0
	table[6].Entries[0].MaxRate = 1
	table[7].Entries = nil
	return table
}

// The traced process: it stops before and after each judgement.
func init() {
	if os.Getenv(evenMarker) == "" {
		return
	}
	debug.SetGCPercent(-1)
	ask, err := waveguard.Judge(evenTable())
	if err != nil {
		panic(err)
	}
	for _, c := range evenCases {
		for range 3 {
			ask(c.source, evenTarget, c.bit)
		}
		for range evenTimes {
			for c.want == evenTooOften && ask(c.source, evenTarget, c.bit) == evenTooOften {
				// Steps can take longer than a call is too early by: one that is admitted comes just before.
			}
			runtime.Breakpoint()
			got := ask(c.source, evenTarget, c.bit)
			runtime.Breakpoint()
			if got != c.want {
				panic(fmt.Sprintf("%s: rule %d is broken, want %d", c.name, got, c.want))
			}
		}
	}
	os.Exit(0)
}

// TestConstantTimeChecks counts the instructions of judgements, one by one, in a
// process that it traces: they are the same whichever rule refuses.
func TestConstantTimeChecks(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("reads registers of amd64")
	}
	if testing.Short() {
		t.Skip("the race detector's instructions are not Waveguard's")
	}
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("an emulated processor is too slow for single steps, and executes the same")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), evenMarker+"=1", "GODEBUG=asyncpreemptoff=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("trace a child: %v", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	p := &traced{t, cmd.Process.Pid}
	p.wait()
	counts := map[string]int{}
	for _, c := range evenCases {
		for range evenTimes {
			n := p.instructions()
			if before, known := counts[c.name]; known && n != before {
				t.Errorf("%s: %d instructions, then %d", c.name, before, n)
			}
			counts[c.name] = n
		}
	}
	t.Logf("instructions: %v", counts)
	for name, n := range counts {
		if same := n == counts["permitted"]; same != (name != evenControl) {
			t.Errorf("%s: %d instructions, permitted: %d", name, n, counts["permitted"])
		}
	}
}

// traced is a process whose first thread is traced.
type traced struct {
	t   *testing.T
	pid int
}

// wait returns where the thread stops at a trap.
func (p *traced) wait() (at uint64) {
	p.t.Helper()
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(p.pid, &status, 0, nil); err != nil || !status.Stopped() {
			p.t.Fatalf("traced process: %v, status %#x", err, status)
		}
		if status.StopSignal() == syscall.SIGTRAP {
			break
		}
		p.check(syscall.PtraceCont(p.pid, int(status.StopSignal())))
	}
	var registers syscall.PtraceRegs
	p.check(syscall.PtraceGetRegs(p.pid, &registers))
	return registers.PC()
}

// instructions runs to the next breakpoint, and counts those of Waveguard from there
// to the one after. It does not count the clock's, which the runtime reads, nor the
// beginning of a function that is preempted there, and begins anew.
func (p *traced) instructions() (n int) {
	p.t.Helper()
	p.check(syscall.PtraceCont(p.pid, 0))
	breakpoint := p.wait()
	begun, before := uint64(0), 0 // where the latest function begins, and n there
	preempted := false
	for {
		p.check(syscall.PtraceSingleStep(p.pid))
		at := p.wait()
		f := runtime.FuncForPC(uintptr(at))
		switch {
		case at == breakpoint:
			return n
		case f == nil:
			continue
		case strings.HasPrefix(f.Name(), "runtime.morestack") && !preempted:
			n, preempted = before, true
		case preempted && at == begun:
			preempted = false
		case preempted:
			continue
		case at == uint64(f.Entry()):
			begun, before = at, n
		}
		if !preempted && strings.Contains(f.Name(), "/waveguard/") {
			n++
		}
	}
}

func (p *traced) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
