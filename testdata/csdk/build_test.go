package csdk_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/scan"
	"github.com/optical-net/waveguard/enforcement/shm"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

func TestCPlusPlus(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		if out, err := r.run("cplusplus", backend); err != nil || out != "done" {
			t.Errorf("%v\n%s", err, out)
		}
		out, err := r.run("cplusplus", backend, "escape")
		if !died(err, syscall.SIGABRT) || !strings.Contains(out, "terminate called") {
			t.Errorf("an exception that leaves a gate: %v\n%s", err, out)
		}
	})
}

// TestExample runs the README's program.
func TestExample(t *testing.T) {
	r := start(t, exampleConfig())
	if out, err := r.run("example"); err != nil || out != "line 7: success" {
		t.Errorf("%v\n%s", err, out)
	}
	r.commit(transition("action = DENY"))
	if out, err := r.run("example"); err == nil || out != "line 7: policy permits no calls between the domains" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestAlloc: each domain has a heap of its own, that no other can touch, and what is wrong with
// an object is said.
func TestAlloc(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := node(t)
		foreign := "other -8" // the domain that touches another's heap is ended
		if backend == "none" {
			foreign = "other 0"
		}
		out, err := r.run("alloc", backend, "use")
		if err != nil || out != foreign+"\ndone" {
			t.Errorf("%v\n%s", err, out)
		}
		for mistake, says := range map[string]string{
			"twice":   "wg_free: the object was freed before",
			"foreign": "wg_free: no object of the domain's heap",
			"resize":  "wg_realloc: no object of the domain's heap",
			"outside": "wg_free: no object of the domain's heap",
		} {
			if out, err := r.run("alloc", backend, mistake); !died(err, syscall.SIGABRT) || !strings.Contains(out, says) {
				t.Errorf("%s: %v\n%s", mistake, err, out)
			}
		}
	})
}

func exampleConfig() []string {
	return slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("dashboard", "a", os.Getuid()), viewtest.Service("key-store", "b", os.Getuid()),
		viewtest.Transition("a", "b", "PERMIT"),
	)
}

// TestReadmeHasTheExample keeps the two from drifting apart.
func TestReadmeHasTheExample(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sources")
	}
	readme, err1 := os.ReadFile("../../sdk/c/README.md")
	example, err2 := os.ReadFile("../../sdk/c/testdata/example.c")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if !strings.Contains(string(readme), "```c\n"+string(example)+"```\n") {
		t.Error("sdk/c/README.md has another program than sdk/c/testdata/example.c")
	}
}

// TestScan: whoever jumps to a WRPKRU of the library is stopped, or is where the gate begins.
func TestScan(t *testing.T) {
	for _, path := range []string{program(t, "node"), filepath.Join(filepath.Dir(filepath.Dir(program(t, "node"))), "libwaveguard.so.0")} {
		if _, err := os.Stat(path); err != nil && os.Getenv("WAVEGUARD_IN_VM") != "" {
			continue
		}
		report, err := scan.File(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		wrpkru := 0
		for _, hit := range report.Hits {
			if hit.Instruction == scan.WRPKRU {
				wrpkru++
			}
			if hit.Class != scan.Entry && hit.Class != scan.Masked {
				t.Errorf("%s: %+v", path, hit)
			}
		}
		if wrpkru != 7 {
			t.Errorf("%s: %d WRPKRU, want 7", path, wrpkru)
		}
	}
}

// TestHostileDaemon answers Hello with what no daemon says. The library must refuse it, and
// read nothing beyond what it got.
func TestHostileDaemon(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	hosted := []wire.Hosted{{Service: "front", Domain: "a", DomainID: 1, Level: 2}, {Service: "vault", Domain: "b", DomainID: 2, Level: 2}}
	sound, err := wire.Encode(&wire.Welcome{Attachment: 1, Hosted: hosted}, 1)
	if err != nil {
		t.Fatal(err)
	}
	pages := openPages(t, 2)
	answers := map[string]answer{
		"wrong pages":    {sound, openPages(t, 3)},
		"no files":       {sound, nil},
		"too many files": {sound, append(slices.Clone(pages), pages...)},
		"swapped":        {sound, []int{pages[1], pages[0], pages[2]}},
		"no pages":       {sound, []int{pages[2], pages[2], pages[2]}},
		"empty":          {sound[:16], pages},
		"longer":         {append(slices.Clone(sound), 0), pages},
		"nothing":        {sound[:1], pages},
	}
	for i := range sound { // every byte another, and every length
		forged := slices.Clone(sound)
		forged[i] ^= 0xff
		answers[fmt.Sprint("byte ", i)] = answer{forged, pages}
		answers[fmt.Sprint("end ", i)] = answer{sound[:max(i, 1)], pages}
	}
	for name, a := range answers {
		go a.serve(listener)
		cmd := exec.Command(program(t, sanitized), path, "none")
		cmd.Env = append(os.Environ(), withoutLeaks)
		out, err := cmd.CombinedOutput()
		if err == nil && strings.HasPrefix(name, "byte") {
			continue // still what a daemon can say: another number or name
		}
		if !strings.HasPrefix(string(out), "refused -4") || err == nil {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}

// sanitized is node under the address and undefined behaviour sanitizers.
const sanitized = "node-sanitized"

// TestSanitized goes through the library's code under the sanitizers.
func TestSanitized(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	for _, backend := range []string{"none", "mprotect"} {
		r := node(t)
		p := r.spawnProgram(sanitized, backend)
		p.expect("call read 100", ok+"6")
		p.expect("outside", ok+"11")
		p.expect("threads - 12", ok+"0")
		r.commit(transition("action = DENY"))
		p.expect("call read 1", deniedAll)
		r.halt()
		r.boot(r.config)
		r.eventually("the process to attach again", func() bool { return r.engine.State().Service["front"].GetAttached() })
		p.expect("call read 1", deniedAll)
		p.end()
	}
}

// TestInstalled builds the example with what make install leaves, as a user would, and runs it.
func TestInstalled(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no tools")
	}
	_ = program(t, "example")
	at := t.TempDir()
	command(t, "make", "-s", "-C", "../../sdk/c", "install", "DESTDIR="+at, "PREFIX=/usr")
	lib, program := at+"/usr/lib", at+"/example"
	if pc, err := os.ReadFile(lib + "/pkgconfig/waveguard.pc"); err != nil || !strings.Contains(string(pc), "prefix=/usr\n") {
		t.Errorf("waveguard.pc: %v\n%s", err, pc)
	}
	command(t, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread", "-I"+at+"/usr/include",
		"../../sdk/c/testdata/example.c", "-L"+lib, "-lwaveguard", "-Wl,-rpath,"+lib, "-o", program)
	r := start(t, exampleConfig())
	if out, err := exec.Command(program, r.path).CombinedOutput(); err != nil || string(out) != "line 7: success\n" {
		t.Errorf("%v\n%s", err, out)
	}
	command(t, at+"/usr/bin/waveguard-host", "--check", "key-store="+lib+"/waveguard/demo/key-store.so")
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// TestRing holds the ring of keys, ported from package keys, to the rule by which keys change hands.
func TestRing(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	for args, want := range map[string]string{"": "loads ", "value": "", "starve": "3 served\n", "starve unfair": "0 served\n"} {
		out, err := exec.Command(program(t, "ring"), strings.Fields(args)...).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
}

// TestWallsAreRead: pinned domains, priorities and delays as a page says.
func TestWallsAreRead(t *testing.T) {
	if out, err := exec.Command(program(t, "walls")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestEdges: what changes between two calls of a thread is heeded by the second, and the deepest call is refused.
func TestEdges(t *testing.T) {
	if out, err := exec.Command(program(t, "edges")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHeap holds the heap of a domain to a model, under the sanitizers.
func TestHeap(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	for _, name := range []string{"heap-address", "heap-thread"} {
		cmd := exec.Command(program(t, name))
		cmd.Env = append(os.Environ(), withoutLeaks)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		t.Logf("%s", out)
	}
}

// TestConstantTime counts the instructions of decisions. Into a domain with constant-time checks they are as many
// whatever policy says; into others a permission that is remembered takes fewer.
func TestConstantTime(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no valgrind")
	}
	if _, err := exec.LookPath("valgrind"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("needs valgrind: scripts/install-deps")
	}
	const few, many = 10, 60
	path := program(t, "constant")
	each := func(kind, flags string) int64 {
		return (instructions(t, path, kind, flags, fmt.Sprint(many)) - instructions(t, path, kind, flags, fmt.Sprint(few))) / (many - few)
	}
	const constant, plain = "4", "0" // WG_DOMAIN_CONSTANT_TIME
	want := each("permitted", constant)
	for _, kind := range []string{"fast", "transition", "operation", "unknown", "out-of-service", "limited", "rate"} {
		if got := each(kind, constant); got != want {
			t.Errorf("%s takes %d instructions, a permission %d", kind, got, want)
		}
	}
	if got := each("fast", plain); got > want/2 {
		t.Errorf("a permission that is remembered takes %d instructions, others %d: is anything measured?", got, want)
	}
	t.Logf("%d instructions", want)
}

type answer struct {
	packet []byte
	files  []int
}

func (a answer) serve(l *net.UnixListener) {
	c, err := l.AcceptUnix()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Read(make([]byte, wire.MaxMessage))
	_, _, _ = c.WriteMsgUnix(a.packet, syscall.UnixRights(a.files...), nil)
	_, _ = c.Read(make([]byte, wire.MaxMessage)) // until the process ends
}

func openPages(t *testing.T, hosted int) []int {
	policy, err1 := page.NewPolicy(hosted)
	stats, err2 := page.NewStats(hosted)
	bell, err3 := shm.NewBell("doorbell")
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	t.Cleanup(func() { policy.Close(); stats.Close(); bell.Close() })
	return []int{int(policy.File().Fd()), int(stats.File().Fd()), int(bell.Fd())}
}
