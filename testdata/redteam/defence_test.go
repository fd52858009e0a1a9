//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// defence is what stands between the attacker and the memory.
type defence struct {
	name   string
	walls  mpk.Kind
	policy *confine.Policy // nil: nothing is refused
	// What else can be left out: see without.
	unchanged, uncompared, unsealed, unpinned bool
}

// The columns of the table, each with all of the one before.
var defences = []defence{
	{name: "nothing", walls: mpk.KindNone},
	{name: "walls", walls: mpk.KindPKU},
	{name: "walls and confinement", walls: mpk.KindPKU, policy: &confine.Policy{Profile: confine.Region}},
	{name: "and fixed code", walls: mpk.KindPKU, policy: &confine.Policy{Profile: confine.Region, FixedCode: true}},
}

// What can be left out of a defence, besides single system calls of the filter.
const (
	theWalls       = "walls"
	theConfinement = "confinement"
	closedProc     = "closed /proc"
	fixedCode      = "fixed code"
	pinning        = "pinned"
)

// without returns the defence with one part left out.
func (d defence) without(part string) defence {
	p := *d.policy
	switch part {
	case theWalls:
		d.walls = mpk.KindNone
	case theConfinement:
		d.policy = nil
		return d
	case closedProc:
		p.AllowProc = true
	case fixedCode:
		p.FixedCode = false
	case newRights:
		d.unchanged = true
	case comparison:
		d.uncompared = true
	case sealedPages:
		d.unsealed = true
	case pinning:
		d.unpinned = true
	default:
		p.AllowCalls = append(slices.Clone(p.AllowCalls), part)
	}
	d.policy = &p
	return d
}

// orders are those to prisoner with which a program is run behind the defence's confinement.
func (d defence) orders(t *testing.T, program ...string) []string {
	t.Helper()
	text, err := json.Marshal(d.policy)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"confine", string(text)}, program...)
}

// built is where make and scripts/vm-test put programs, from the root of the repository.
const built = "../../bin/csdk/test/"

var build = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("make", "-s", "-C", "../../sdk/c", "red-team").CombinedOutput()
})

// program returns the path of attacker or prisoner, built if this is not the virtual machine.
func program(t *testing.T, name string) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") == "" {
		if out, err := build(); err != nil {
			t.Fatalf("make: %v\n%s", err, out)
		}
	}
	path, err := filepath.Abs(built + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// command prepares a program to be run behind the defence's confinement.
func (d defence) command(t *testing.T, program ...string) *exec.Cmd {
	t.Helper()
	if d.policy == nil {
		return exec.CommandContext(t.Context(), program[0], program[1:]...)
	}
	return exec.CommandContext(t.Context(), prisoner(t), d.orders(t, program...)...)
}

func prisoner(t *testing.T) string { return program(t, "prisoner") }

// attacker is the program of the folder attacker, linked with libwaveguard.
func attacker(t *testing.T) string { return program(t, "attacker") }
