//go:build linux && amd64

package redteam_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/testdata/redteam"
)

var update = flag.Bool("update", false, "print the table as it should be")

// child tells this program, started again, which vector to try behind what.
const child = "WAVEGUARD_REDTEAM"

func TestMain(m *testing.M) {
	enterJail()
	runStage()
	runSurface()
	redteam.Help()
	if how := os.Getenv(child); how != "" {
		vector, walls, _ := strings.Cut(how, "|")
		kind, err := strconv.Atoi(walls)
		if err == nil {
			err = attack(vector, mpk.Kind(kind))
		}
		if err != nil {
			fmt.Println(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const worked = "it worked"

// attack is the child's part: it says worked, or why it did not.
func attack(name string, kind mpk.Kind) error {
	walls, err := mpk.Open(kind)
	if err != nil {
		return err
	}
	vault, vaultMemory, err := domain(walls, "vault")
	if err != nil {
		return err
	}
	attacker, _, err := domain(walls, "attacker")
	if err != nil {
		return err
	}
	secret := bytes.Repeat([]byte{0xa5, 0x5a, 0x17}, len(vaultMemory)/3+1)[:len(vaultMemory)]
	if err := inside(walls, vault, func() error { copy(vaultMemory, secret); return nil }); err != nil {
		return err
	}
	for _, v := range redteam.Vectors {
		if v.Name != name {
			continue
		}
		var got []byte
		tried := inside(walls, attacker, func() (err error) {
			got, err = v.Attempt(redteam.Target{Address: addressOf(vaultMemory), Length: len(vaultMemory), OwnKey: attacker.Key()})
			return err
		})
		if v.Destroys {
			_ = inside(walls, vault, func() error { // a fault is a destruction too
				got, _ = redteam.Vectors[0].Attempt(redteam.Target{Address: addressOf(vaultMemory), Length: len(vaultMemory)})
				return nil
			})
		}
		if bytes.Equal(got, secret) != v.Destroys {
			fmt.Println(worked)
		}
		return tried
	}
	return errors.New("there is no such vector")
}

func domain(walls mpk.Backend, name string) (*mpk.Domain, []byte, error) {
	d, err := walls.NewDomain(name, keys.Options{})
	if err != nil {
		return nil, nil, err
	}
	r, err := d.NewRegion(os.Getpagesize())
	if err != nil {
		return nil, nil, err
	}
	return d, r.Bytes(), nil
}

func addressOf(memory []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(memory))) }

func inside(walls mpk.Backend, d *mpk.Domain, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := walls.NewThread()
	if err := t.Enter(context.Background(), d); err != nil {
		return err
	}
	return errors.Join(f(), t.Leave())
}

// heldBy is what stops ways of redteam.Vectors.
var heldBy = map[string][]string{
	"load": byWalls, "write(2)": byWalls, "vmsplice(2)": byWalls, "another thread": byWalls,
	"pkey_mprotect, key 0":          {"pkey_mprotect"},
	"mprotect, executable and back": {theWalls, "mprotect"},
	"pkey_free, pkey_alloc":         {"pkey_free", "pkey_alloc"},
	"mremap(2)":                     {theWalls, "mremap"},
	"mremap(2), int 0x80":           {theConfinement},
	"process_vm_readv(2)":           {"process_vm_readv"},
	"/proc/self/mem":                byProc,
	"/proc of the parent":           byProc,
	"ptrace(2)":                     {"ptrace"},
}

// TestVerdicts has code of Go take every way to another domain's memory.
func TestVerdicts(t *testing.T) {
	needKeys(t)
	t.Parallel()
	var all []verdict
	for _, v := range redteam.Vectors {
		w := way{name: v.Name, how: v.How, heldBy: heldBy[v.Name]}
		all = append(all, w.judge(t, defences, tryGo))
	}
	compare(t, "verdicts.json", all)
}

// tryGo has a child of its own attack, for a way may take its process with it.
func tryGo(t *testing.T, w way, d defence) (outcome, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := d.command(t, self)
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%s|%d", child, w.name, d.walls))
	out, err := cmd.CombinedOutput()
	said := fmt.Sprintf("%s(%v)", out, err)
	switch {
	case strings.HasPrefix(string(out), worked):
		return works, said
	case ended(err):
		return ends, said
	}
	return fails, said
}
