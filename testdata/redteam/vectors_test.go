//go:build linux && amd64

package redteam_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/testdata/redteam"
)

var update = flag.Bool("update", false, "print the table as it should be")

// child tells this program, started again, which vector to try behind what.
const child = "WAVEGUARD_REDTEAM"

func TestMain(m *testing.M) {
	redteam.Help()
	if how := os.Getenv(child); how != "" {
		var d defence
		vector, name, _ := strings.Cut(how, "|")
		d.find(name)
		if err := d.attack(vector); err != nil {
			fmt.Println(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// defence is what stands between the attacker and the memory.
type defence struct {
	name     string
	walls    mpk.Kind
	confined bool
}

var defences = []defence{
	{"nothing", mpk.KindNone, false},
	{"walls", mpk.KindPKU, false},
	{"walls and confinement", mpk.KindPKU, true},
}

func (d *defence) find(name string) {
	for _, one := range defences {
		if one.name == name {
			*d = one
		}
	}
}

const worked = "it worked"

// attack is the child's part: it says worked, or why it did not.
func (d defence) attack(name string) error {
	if d.confined {
		if err := confine.Apply(confine.Policy{Profile: confine.Region}); err != nil {
			return err
		}
	}
	walls, err := mpk.Open(d.walls)
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

// try has a child of its own attack, for a vector may take its process with it.
func (d defence) try(t *testing.T, v redteam.Vector) (works bool, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), child+"="+v.Name+"|"+d.name)
	out, err := cmd.CombinedOutput()
	return strings.HasPrefix(string(out), worked), fmt.Sprintf("%s(%v)", out, err)
}

// verdict is a row of the table, in testdata and in docs/isolation.md.
type verdict struct {
	Vector string   `json:"vector"`
	How    string   `json:"how"`
	Works  []string `json:"works-behind"` // names of defences
}

// TestVerdicts tries every vector behind every defence, where there are protection
// keys, and compares with what is written down.
func TestVerdicts(t *testing.T) {
	if _, err := mpk.Open(mpk.KindPKU); err != nil {
		if os.Getenv("WAVEGUARD_IN_VM") != "" {
			t.Fatal(err)
		}
		t.Skip("needs PKU: make vm-test")
	}
	var got []verdict
	for _, v := range redteam.Vectors {
		row := verdict{v.Name, v.How, []string{}}
		for _, d := range defences {
			works, said := d.try(t, v)
			if works {
				row.Works = append(row.Works, d.name)
			}
			t.Logf("%s behind %s: works %v: %s", v.Name, d.name, works, said)
		}
		got = append(got, row)
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		fmt.Printf("%s\n", text)
	}
	want, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("testdata/verdicts.json is not what happens (-test.v -test.run Verdicts -update prints it):\n%s", text)
	}
}
