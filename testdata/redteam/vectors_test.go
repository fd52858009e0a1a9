//go:build linux && amd64

package redteam_test

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/testdata/redteam"
)

var update = flag.Bool("update", false, "print the tables as they should be")

// heldBy is what stops ways of redteam.Vectors.
var heldBy = map[string][]string{
	"load": byWalls, "write(2)": byWalls, "vmsplice(2)": {theWalls, "vmsplice"}, "another thread": byWalls,
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
	out, err := d.command(t, prisoner(t), "attack", strconv.Itoa(int(d.walls)), w.name).CombinedOutput()
	said := fmt.Sprintf("%s(%v)", out, err)
	switch {
	case strings.HasPrefix(string(out), worked):
		return works, said
	case ended(err):
		return ends, said
	}
	return fails, said
}
