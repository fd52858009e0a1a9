//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/optical-net/waveguard/enforcement/confine"
)

// Side channels of time. They are measured on the machine itself, with -update, for an emulated one has
// neither caches nor a clock to learn from; the tests hold the programs to what does not depend on time.

// cacheFigure is how well a process learns from the cache what another one does.
type cacheFigure struct {
	Confinement string `json:"confinement"`
	Bits        int    `json:"bits"`
	Wrong       int    `json:"wrong"`
	Cached      int    `json:"cycles-cached"` // of a load
	Flushed     int    `json:"cycles-flushed"`
}

// guessed is the share of bits, one in so many, that may be wrong for a channel to work; who guesses has one in two wrong.
const guessed = 10

func (f cacheFigure) outcome() outcome {
	if f.Wrong*guessed <= f.Bits {
		return works
	}
	return fails
}

// cell is what the table says of it.
func (f cacheFigure) cell() string {
	return fmt.Sprintf("%s: %d of %d bits wrong (%d cycles or %d)", cell(f.outcome()), f.Wrong, f.Bits, f.Cached, f.Flushed)
}

// listen has a process listen to another one behind a policy.
func listen(t *testing.T, name string, policy *confine.Policy, bits int) cacheFigure {
	t.Helper()
	out, err := defence{policy: policy}.command(t, program(t, "cache"), strconv.Itoa(bits)).Output()
	f := cacheFigure{Confinement: name}
	if _, e := fmt.Sscanf(string(out), "bits %d wrong %d cached %d flushed %d\n", &f.Bits, &f.Wrong, &f.Cached, &f.Flushed); e != nil || err != nil {
		t.Fatalf("%v, %v: %q", err, e, out)
	}
	return f
}

func TestCacheChannel(t *testing.T) {
	needMachine(t)
	bits := 256
	if *update {
		bits = 10000
	}
	measured := []cacheFigure{listen(t, "none", nil, bits), listen(t, "region", &confine.Policy{Profile: confine.Region}, bits)}
	show(t, "cache.json", measured)
	for _, f := range measured {
		if f.Bits != bits || f.Wrong < 0 || f.Wrong > bits || f.Cached <= 0 || f.Flushed <= 0 {
			t.Errorf("%+v is no measurement", f)
		}
	}
}

// gateFigure is how many instructions the gate decides in.
type gateFigure struct {
	ConstantTime bool  `json:"constant-time-checks"`
	Remembered   int64 `json:"remembered"` // a permission that policy lets the gate keep
	Refused      int64 `json:"refused"`    // no transition
}

// cell is what the table says of it.
func (f gateFigure) cell() string {
	if f.Remembered == f.Refused {
		return fmt.Sprintf("fails: %d instructions each", f.Refused)
	}
	return fmt.Sprintf("**works**: %d instructions or %d", f.Remembered, f.Refused)
}

var collected = regexp.MustCompile(`Collected : (\d+)`)

// decision counts what one decision of the gate takes.
func decision(t *testing.T, kind, flags string) int64 {
	t.Helper()
	const few, many = 10, 60
	var took [2]int64
	for i, times := range []int{few, many} {
		out, err := exec.Command("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program(t, "constant"), kind, flags, strconv.Itoa(times)).CombinedOutput()
		m := collected.FindSubmatch(out)
		if err != nil || m == nil {
			t.Fatalf("valgrind: %v\n%s", err, out)
		}
		took[i], _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	return (took[1] - took[0]) / (many - few)
}

// TestGateTiming counts whether a caller can learn from a gate what policy says.
func TestGateTiming(t *testing.T) {
	needMachine(t)
	if _, err := exec.LookPath("valgrind"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("needs valgrind: scripts/install-deps")
	}
	plain := gateFigure{false, decision(t, "fast", "0"), decision(t, "transition", "0")}
	constant := gateFigure{true, decision(t, "fast", "4"), decision(t, "transition", "4")} // WG_DOMAIN_CONSTANT_TIME
	show(t, "gate.json", []gateFigure{plain, constant})
	if plain.Remembered == plain.Refused {
		t.Errorf("%+v: nothing is to be learned, so that it shows nothing", plain)
	}
	if constant.Remembered != constant.Refused {
		t.Errorf("%+v: the numbers differ", constant)
	}
}

func needMachine(t *testing.T) {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("an emulated machine has no time to measure")
	}
}

// show prints what was measured, with -update.
func show(t *testing.T, file string, measured any) {
	t.Helper()
	text, err := json.MarshalIndent(measured, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		fmt.Printf("=== %s\n%s\n===\n", file, text)
	}
}

// timings are the rows of side channels that are measured in time.
func timings(t *testing.T) string {
	t.Helper()
	var cache []cacheFigure
	var gate []gateFigure
	decodeFile(t, "cache.json", &cache)
	decodeFile(t, "gate.json", &gate)
	const row = "| " + sideChannel + " | %s | %s | %s | %s |\n"
	return fmt.Sprintf(row, "another process measures which lines of a page that both read are in the cache (flush and reload)", cache[0].cell(), cache[1].cell(), "**open**") +
		fmt.Sprintf(row, "a caller measures how long a gate takes to refuse, or to permit", "there is no gate", gate[0].cell(), "**open**, unless the target has constant-time-checks") +
		fmt.Sprintf(row, "the same, of a domain with constant-time-checks", "there is no gate", gate[1].cell(), "prevented: constant-time-checks") +
		notMeasured(sideChannel, "measures other times: of branches, of a processor's other thread, of what is begun and not finished")
}

func notMeasured(vector, how string) string {
	return fmt.Sprintf("| %s | %s | not measured | not measured | **open**: nothing is claimed |\n", vector, how)
}
