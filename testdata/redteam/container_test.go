//go:build linux && amd64

package redteam_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// contained are the defences in a container: as container runtimes make it, and with
// Waveguard in it.
var contained = []defence{
	{name: "plain container", walls: mpk.KindNone},
	{name: "container with Waveguard", walls: mpk.KindPKU, policy: &confine.Policy{Profile: confine.Region}},
}

// containerWay is a way in a container, under the heading that the paper has for it.
type containerWay struct {
	vector string
	way
}

// The paper's vectors of which not all can be measured.
const (
	sideChannel = "side channel"
	hardware    = "hardware level"
)

// pinnedFaultKey is the way fault-key to a domain that is pinned.
const pinnedFaultKey = "fault-key-pinned"

// outside is the way of root outside of the container; the program is told to wait for it.
const outside = "wait"

var containerWays = []containerWay{
	{"privileged user space", way{name: outside, how: "root outside of the container reads /proc/PID/mem"}},
	{"privileged user space", way{name: "proc-parent-mem", how: "a process of the same user in the container reads /proc/PID/mem", heldBy: byProc}},
	{"privileged user space", way{name: "ptrace-peek", how: "a process of the same user in the container traces it", heldBy: []string{"ptrace"}}},
	{"shared memory exposure", way{name: "load", how: "code in the process reads memory that services have in common", heldBy: byWalls}},
	{"shared memory exposure", way{name: "mremap-0", how: "code in the process maps memory again that its owner shares under a wall", heldBy: byWalls}},
	{"shared memory exposure", way{name: "open-again", how: "code in the process opens the file of shared memory again"}},
	{"memory scanning", way{name: "scan", how: "code in the process looks at every page it finds", heldBy: byWalls}},
	{"memory scanning", way{name: "proc-self-mem", how: "code in the process reads /proc/self/mem", heldBy: byProc}},
	{"memory scanning", way{name: "core-dump", how: "a core dump is looked through", heldBy: []string{theConfinement}}},
	{sideChannel, way{name: "mincore", how: "code in the process asks the kernel which pages of a table another service has used (mincore)", heldBy: []string{"mincore"}}},
	{sideChannel, way{name: "fault-count", how: "code in the process counts page faults (getrusage) while another service uses its table"}},
	{sideChannel, way{name: "fault-key", how: "code in the process learns by faults (si_pkey) whether another service has a key, and so has run lately"}},
	{sideChannel, way{name: pinnedFaultKey, how: "the same, of a domain that is pinned", heldBy: []string{pinning}}},
	{hardware, way{name: "store", how: "an address in a service goes wrong, and it writes where another's memory is", heldBy: byWalls}},
	{hardware, way{name: "flip", how: "a bit of PKRU flips in a service, which reads another's memory"}},
	{hardware, way{name: "flip-crossing", how: "the same, and it goes through a gate before it reads", heldBy: []string{newRights}}},
	{hardware, way{name: "flip-gate", how: "a bit flips of the rights that the gate is about to write", heldBy: []string{comparison}}},
	{hardware, way{name: "forge-policy", how: "a debugger, as root, changes the bit of the policy page that denies a call", heldBy: []string{sealedPages}}},
	{hardware, way{name: "flip-policy", how: "that bit flips in memory"}},
}

// containerVerdict is a row of the table.
type containerVerdict struct {
	Vector string `json:"vector"`
	verdict
}

// inContainer prepares the attacker to be run in a container behind the defence.
func (d *daemon) inContainer(t *testing.T, way string, behind defence) *exec.Cmd {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"proc", "tmp", "bin"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(copyFile(attacker(t), root+"/bin/attacker"), os.Link(d.socket, root+"/tmp/s")); err != nil {
		t.Fatal(err)
	}
	orders := behind.orders(t, "/bin/attacker", "/tmp/s", backends[behind.walls], way)
	cmd := exec.CommandContext(t.Context(), prisoner(t), append([]string{"container", root}, orders...)...)
	cmd.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWUTS}
	cmd.Dir = root + "/tmp"
	return cmd
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}

// tryContained is try in a container.
func (d *daemon) tryContained(t *testing.T, w way, behind defence) (outcome, string) {
	t.Helper()
	switch {
	case w.name == pinnedFaultKey && !behind.unpinned:
		w.name, d = "fault-key", startDaemon(t, "OFF", viewtest.Entry("domain", "vault")+"/config/pinned = true")
	case w.name == pinnedFaultKey:
		w.name = "fault-key"
	case w.name == "flip-crossing" && behind.unchanged:
		w.name = "flip"
	}
	cmd := d.inContainer(t, w.name, behind)
	if w.name == outside {
		return lookIn(t, cmd)
	}
	if flips[w.name] != nil {
		return d.flipIn(t, w, cmd, behind)
	}
	out, err := d.run(t, cmd)
	return d.outcome(t, cmd.Dir, out, err)
}

// dockers are the capabilities of a container of Docker's, as the kernel prints them.
const dockers = "00000000a80425fb"

// lookIn reads the memory of the program, from here, while it waits.
func lookIn(t *testing.T, cmd *exec.Cmd) (outcome, string) {
	t.Helper()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	var address int64
	if _, err := fmt.Sscanf(line, "waits, secret at %d,", &address); err != nil {
		t.Fatalf("the program does not say where the secret is, but %q", line)
	}
	child := childOf(t, cmd.Process.Pid)
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", child)); err != nil || !strings.Contains(string(status), "CapEff:\t"+dockers+"\n") {
		t.Errorf("it has not the capabilities %s: %v\n%s", dockers, err, status)
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", child))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	got := make([]byte, len(theSecret()))
	_, err = memory.ReadAt(got, address)
	if e := errors.Join(in.Close(), cmd.Wait()); e != nil {
		t.Fatal(e)
	}
	if string(got) == string(theSecret()) {
		return works, ""
	}
	return fails, fmt.Sprint(err)
}

// childOf returns the one child of a process.
func childOf(t *testing.T, process int) (child int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", process))
	for _, file := range threads {
		text, _ := os.ReadFile(file)
		if _, e := fmt.Sscan(string(text), &child); e == nil {
			return child
		}
	}
	t.Fatalf("process %d has no child: %v", process, err)
	return 0
}

// TestContainerVerdicts measures the paper's attack vectors in a container without and with Waveguard.
func TestContainerVerdicts(t *testing.T) {
	needKeys(t)
	d := startDaemon(t, "OFF")
	var all []containerVerdict
	for _, w := range containerWays {
		all = append(all, containerVerdict{w.vector, w.judge(t, contained, d.tryContained)})
	}
	compare(t, "container.json", all)
}

// containers is the table of the paper's vectors.
func containers(t *testing.T, text []byte) string {
	var all []containerVerdict
	decode(t, text, &all)
	var b strings.Builder
	b.WriteString("| attack vector | the attacker | plain container | container with Waveguard | verdict |\n|---|---|---|---|---|\n")
	var counted []surface
	decodeFile(t, "surface.json", &counted)
	fmt.Fprintf(&b, "| kernel exploit surface | calls the kernel | %d of %d calls reach it | %d do | **open**, smaller |\n", counted[0].Reached, counted[0].Of, counted[2].Reached)
	for i, v := range all {
		if v.Vector == hardware && all[i-1].Vector == sideChannel {
			b.WriteString(timings(t))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", v.Vector, v.How, cell(v.Behind[0]), cell(v.Behind[1]), v.verdict.verdict())
	}
	b.WriteString(notMeasured(hardware, "reads the bus, or has a device read or write memory (DMA)"))
	return b.String()
}
