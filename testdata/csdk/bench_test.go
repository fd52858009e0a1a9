package csdk_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// costs are the cases of sdk/c/bench/gate.c with the policy that they need.
var costs = []struct {
	name, does string
	policy     []string
}{
	{name: "function", does: "function"},
	{name: "call/fast", does: "call"},
	{name: "call/metered", does: "call", policy: []string{transition("max-rate = 1000000")}},
	{name: "call/dwell", does: "call", policy: []string{transition("max-dwell-time = 60000000")}},
	{name: "call/slow", does: "call", policy: []string{viewtest.Entry("domain", "b") + "/config/constant-time-checks = true"}},
	{name: "call/denied", does: "call", policy: []string{transition("action = DENY")}},
	{name: "call/own", does: "own"},
	{name: "outside", does: "outside"},
	{name: "region", does: "region"},
	{name: "heap/16", does: "heap-16"},
	{name: "heap/1024", does: "heap-1024"},
	{name: "heap/40000", does: "heap-40000"},
	{name: "malloc/16", does: "malloc-16"},
	{name: "malloc/1024", does: "malloc-1024"},
	{name: "malloc/40000", does: "malloc-40000"},
}

// BenchmarkC measures gates and memory of libwaveguard, with each backend of this machine. Without
// protection keys NONE is the gate without its four WRPKRU.
func BenchmarkC(b *testing.B) {
	for _, backend := range backends(b) {
		for _, c := range costs {
			b.Run(backend+"/"+c.name, func(b *testing.B) {
				r := node(b)
				r.commit(c.policy...)
				b.ResetTimer()
				out, err := exec.Command(program(b, "../bench/gate"), r.path, backend, c.does, fmt.Sprint(b.N)).Output()
				total, parsed := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
				if err != nil || parsed != nil {
					b.Fatal(err, parsed)
				}
				b.ReportMetric(total/float64(b.N), "ns/op")
			})
		}
	}
}

// BenchmarkCInstructions counts the instructions of the same, in user space, with valgrind: a
// figure that no other load disturbs.
func BenchmarkCInstructions(b *testing.B) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		b.Skip("needs valgrind")
	}
	for _, c := range costs {
		b.Run("none/"+c.name, func(b *testing.B) {
			const few, many = 1000, 3000
			total := func(times int) int64 {
				r := node(b)
				r.commit(c.policy...)
				return instructions(b, program(b, "../bench/gate"), r.path, "none", c.does, fmt.Sprint(times))
			}
			for b.Loop() {
				b.ReportMetric(float64(total(many)-total(few))/(many-few), "instructions/op")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

var collected = regexp.MustCompile(`(?m)^summary: (\d+)`)

// instructions returns how many instructions a program takes in user space.
func instructions(t testing.TB, program string, args ...string) int64 {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.Command("valgrind", append([]string{"--tool=callgrind", "--callgrind-out-file=" + profile, program}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("valgrind: %v\n%s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	m := collected.FindSubmatch(text)
	if m == nil {
		t.Fatalf("no summary:\n%.2000s", text)
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
