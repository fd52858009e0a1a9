//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// defence is what stands between the attacker and the memory.
type defence struct {
	name   string
	walls  mpk.Kind
	policy *confine.Policy // nil: nothing is refused
}

// The columns of the table, each with all of the one before.
var defences = []defence{
	{"nothing", mpk.KindNone, nil},
	{"walls", mpk.KindPKU, nil},
	{"walls and confinement", mpk.KindPKU, &confine.Policy{Profile: confine.Region}},
	{"and fixed code", mpk.KindPKU, &confine.Policy{Profile: confine.Region, FixedCode: true}},
}

// What can be left out of a defence, besides single system calls of the filter.
const (
	theWalls       = "walls"
	theConfinement = "confinement"
	closedProc     = "closed /proc"
	fixedCode      = "fixed code"
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
	default:
		p.AllowCalls = append(slices.Clone(p.AllowCalls), part)
	}
	d.policy = &p
	return d
}

// stage tells this program, started again, to confine itself and execute its
// arguments, as waveguard run does.
const stage = "WAVEGUARD_REDTEAM_STAGE"

func runStage() {
	text, is := os.LookupEnv(stage)
	if !is {
		return
	}
	var p *confine.Policy
	err := json.Unmarshal([]byte(text), &p)
	if err == nil && p != nil {
		err = confine.Apply(*p)
	}
	if err == nil {
		environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, stage+"=") })
		err = unix.Exec(os.Args[0], os.Args, environ)
	}
	fmt.Println(err)
	os.Exit(1)
}

// command prepares a program to be run behind the defence's confinement.
func (d defence) command(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	if d.policy == nil {
		return exec.CommandContext(t.Context(), path, args...)
	}
	text, err := json.Marshal(d.policy)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = append([]string{path}, args...)
	cmd.Env = append(os.Environ(), stage+"="+string(text))
	return cmd
}
