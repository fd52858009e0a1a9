//go:build linux && amd64

package redteam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// newer are the ways that a newer kernel opens or closes. Columns of their table are: an older
// kernel; a newer one, that can seal; the same, where the domain that is attacked is pinned.
var newer = []way{
	{name: "sigaltstack", how: "has the kernel write the frame of a signal there"},
	{name: "map-over", how: "maps fresh memory over it"},
	{name: "map-over-and-wait", how: "the same, and reads what the other domain writes there next"},
	{name: "dontneed", how: "gives the pages up"},
	{name: "munmap", how: "unmaps it"},
	{name: "mprotect-none", how: "takes all protections from it"},
	{name: "pkey_mprotect-own", how: "puts the memory under its own key"},
}

// TestKernels tries what depends on the kernel on the one that there is, and holds it to its columns.
func TestKernels(t *testing.T) {
	needKeys(t)
	columns, daemons := []int{0}, []*daemon{startDaemon(t, "OFF")}
	if raw(unix.SYS_MSEAL, 0, 0, 0) != unix.ENOSYS {
		columns = []int{1, 2}
		daemons = append(daemons, startDaemon(t, "OFF", viewtest.Entry("domain", "vault")+"/config/pinned = true"))
	}
	var recorded, found []verdict
	decodeFile(t, "kernels.json", &recorded)
	behind := defence{walls: mpk.KindPKU, policy: &confine.Policy{Profile: confine.Region}}
	for i, w := range newer {
		if o, said := daemons[0].try(t, w, defences[0]); o != works {
			t.Errorf("%s does not work without walls, so that it shows nothing: %s", w.name, said)
		}
		row := verdict{Way: w.name, How: w.how, Behind: make([]outcome, 3)}
		if i < len(recorded) {
			row.Behind = slices.Clone(recorded[i].Behind)
		}
		for j, column := range columns {
			o, said := daemons[j].try(t, w, behind)
			t.Logf("%s, column %d: %s: %s", w.name, column, o, said)
			row.Behind[column] = o
		}
		found = append(found, row)
	}
	compare(t, "kernels.json", found)
}

// kernels is the table of what depends on them.
func kernels(t *testing.T, text []byte) string {
	var all []verdict
	decode(t, text, &all)
	var b strings.Builder
	b.WriteString("| way | the attacker | Linux 6.1 | Linux 6.12 | and pinned |\n|---|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", v.Way, v.How, cell(v.Behind[0]), cell(v.Behind[1]), cell(v.Behind[2]))
	}
	return b.String()
}
