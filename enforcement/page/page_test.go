package page_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/page"
)

func newPolicy(t testing.TB, hosted int) (*page.Policy, *page.PolicyReader) {
	t.Helper()
	p, err := page.NewPolicy(hosted)
	if err != nil {
		t.Fatal(err)
	}
	r, err := page.OpenPolicy(p.File())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), r.Close()); err != nil {
			t.Error(err)
		}
	})
	return p, r
}

func publish(t testing.TB, p *page.Policy, table page.Table) uint64 {
	t.Helper()
	epoch, err := p.Publish(table)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

func TestLookupFindsWhatWasPublished(t *testing.T) {
	p, r := newPolicy(t, 3)
	if got, epoch := r.Lookup(0, 1); got != (page.Verdict{}) || epoch != 0 {
		t.Errorf("before the first publication: %+v at epoch %d", got, epoch)
	}
	full := page.Entry{
		Target: 2, Flags: page.Permit | page.FastPath, Operations: 0x8000_0001,
		MaxRate: 1_000_000, MaxDwell: 60_000_000,
	}
	deny := page.Entry{Target: 0}
	wall := page.Wall{Manner: page.Pinned | page.ConstantTime, Priority: 255, GateDelay: 65535}
	table := page.Table{
		{ID: 1, Level: 1, State: page.InService, Wall: page.Wall{Manner: page.Permissive}, Entries: []page.Entry{{Target: 1, Flags: page.Permit, Operations: 1}, full}},
		{ID: 4095, Level: 4, State: page.Isolated, Entries: []page.Entry{deny}},
		{ID: 7, Level: 2, State: page.OutOfService, Wall: wall},
	}
	if epoch := publish(t, p, table); epoch != 1 {
		t.Errorf("first epoch is %d", epoch)
	}
	for _, test := range []struct {
		source, target int
		want           page.Verdict
	}{
		{0, 2, page.Verdict{Source: page.InService, Target: page.OutOfService, Permissive: true, Wall: wall, Entry: full}},
		{0, 0, page.Verdict{Source: page.InService, Target: page.InService, Permissive: true, Wall: page.Wall{Manner: page.Permissive}}},
		{1, 0, page.Verdict{Source: page.Isolated, Target: page.InService, Wall: page.Wall{Manner: page.Permissive}, Entry: deny}},
		{2, 1, page.Verdict{Source: page.OutOfService, Target: page.Isolated}},
		{-1, 0, page.Verdict{}},
		{0, 3, page.Verdict{}},
		{3, 0, page.Verdict{}},
	} {
		if got, epoch := r.Lookup(test.source, test.target); got != test.want || epoch != 1 {
			t.Errorf("Lookup(%d, %d) = %+v at epoch %d, want %+v", test.source, test.target, got, epoch, test.want)
		}
	}
	if got := r.State(1); got != page.Isolated {
		t.Errorf("state of domain 1 is %d", got)
	}
	table[0].Entries = nil
	publish(t, p, table)
	if got, epoch := r.Lookup(0, 2); got.Entry != (page.Entry{}) || epoch != 2 {
		t.Errorf("after the entry went: %+v at epoch %d", got, epoch)
	}
}

func TestPublishRefusesBadTables(t *testing.T) {
	p, r := newPolicy(t, 2)
	for name, table := range map[string]page.Table{
		"too short":  make(page.Table, 1),
		"too long":   make(page.Table, 3),
		"not hosted": {{Entries: []page.Entry{{Target: 2}}}, {}},
		"negative":   {{Entries: []page.Entry{{Target: -1}}}, {}},
		"unsorted":   {{Entries: []page.Entry{{Target: 1}, {Target: 0}}}, {}},
		"twice":      {{Entries: []page.Entry{{Target: 1}, {Target: 1}}}, {}},
	} {
		if epoch, err := p.Publish(table); err == nil {
			t.Errorf("%s: published as epoch %d", name, epoch)
		}
	}
	if r.Epoch() != 0 {
		t.Error("a refused table changed the epoch")
	}
	for _, hosted := range []int{-1, 0, page.MaxHosted + 1} {
		if _, err := page.NewPolicy(hosted); err == nil {
			t.Errorf("made a policy page for %d domains", hosted)
		}
		if _, err := page.NewStats(hosted); err == nil {
			t.Errorf("made a stats page for %d domains", hosted)
		}
	}
}

func TestLargestPage(t *testing.T) {
	p, r := newPolicy(t, page.MaxHosted)
	table := make(page.Table, page.MaxHosted)
	last := page.MaxHosted - 1
	for target := range page.MaxHosted {
		table[last].Entries = append(table[last].Entries, page.Entry{Target: target, Operations: uint32(target)})
	}
	publish(t, p, table)
	for _, target := range []int{0, 1, 511, last} {
		if got, _ := r.Lookup(last, target); got.Entry.Operations != uint32(target) || got.Entry.Target != target {
			t.Errorf("Lookup(%d, %d) = %+v", last, target, got)
		}
	}
}

// TestPolicyPageCannotBeWritten tries every way in that the descriptor
// offers: a service must not be able to change its own policy.
func TestPolicyPageCannotBeWritten(t *testing.T) {
	p, _ := newPolicy(t, 2)
	fd := int(p.File().Fd())
	if m, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
		_ = unix.Munmap(m)
		t.Error("mapped writable")
	}
	m, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	if unix.Mprotect(m, unix.PROT_READ|unix.PROT_WRITE) == nil {
		t.Error("read-only mapping made writable")
	}
	if _, err := unix.Pwrite(fd, []byte{1}, 0); err == nil {
		t.Error("written through the descriptor")
	}
	if again, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDWR, 0); err == nil {
		defer again.Close()
		if _, err := again.WriteAt([]byte{1}, 0); err == nil {
			t.Error("written through a second descriptor")
		}
	}
	for _, size := range []int64{0, 1 << 20} {
		if unix.Ftruncate(fd, size) == nil {
			t.Errorf("size changed to %d", size)
		}
	}
	if unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, 4096) == nil {
		t.Error("hole punched")
	}
	if _, err := unix.FcntlInt(p.File().Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); err == nil {
		t.Error("seal added")
	}
}

// TestReadersNeverSeeHalfATable publishes tables whose numbers all agree
// while readers check that they do.
func TestReadersNeverSeeHalfATable(t *testing.T) {
	const hosted, publications, readers = 8, 2000, 2
	p, r := newPolicy(t, hosted)
	table := make(page.Table, hosted)
	for i := range table {
		table[i].Entries = make([]page.Entry, hosted)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, epoch := r.Lookup(3, 5)
				n := uint32(epoch)
				if epoch > 0 && (v.Entry.Operations != n || v.Entry.MaxRate != n || v.Entry.MaxDwell != n ||
					v.Source != page.State(n) || v.Target != page.State(n)) {
					t.Errorf("epoch %d: %+v", epoch, v)
					return
				}
			}
		})
	}
	for n := uint32(1); n <= publications; n++ {
		for i := range table {
			table[i].State = page.State(n)
			for j := range table[i].Entries {
				table[i].Entries[j] = page.Entry{Target: j, Operations: n, MaxRate: n, MaxDwell: n}
			}
		}
		publish(t, p, table)
	}
	close(stop)
	group.Wait()
}

func TestSupersedeAndClose(t *testing.T) {
	p, err := page.NewPolicy(1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := page.OpenPolicy(p.File())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	publish(t, p, page.Table{{State: page.InService}})
	if r.Superseded() {
		t.Error("superseded from the start")
	}
	p.Supersede()
	if !r.Superseded() {
		t.Error("reader does not see that the page was superseded")
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Publish(page.Table{{}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("publish after Close: %v", err)
	}
	p.Supersede()
	if got := r.State(0); got != page.InService {
		t.Errorf("state after the daemon went is %d: the last policy must stay", got)
	}
}

func TestStatsAreShared(t *testing.T) {
	daemon, err := page.NewStats(3)
	if err != nil {
		t.Fatal(err)
	}
	service, err := page.OpenStats(daemon.File())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(service.Close(), daemon.Close()); err != nil {
			t.Error(err)
		}
	}()
	var want [page.Counters]uint64
	for c := range page.Counter(page.Counters) {
		service.Cell(1, 2).AddN(c, uint64(c)+10)
		service.Cell(1, 2).Add(c)
		want[c] = uint64(c) + 11
	}
	if got := daemon.Cell(1, 2); got != want {
		t.Errorf("daemon reads %v, want %v", got, want)
	}
	if got := daemon.Cell(2, 1); got != [page.Counters]uint64{} {
		t.Errorf("cell of another pair holds %v", got)
	}
	for _, seen := range []page.Seen{{1, 7, 9}, {4, 3, 12}, {1, -1, 0}} {
		service.Cell(1, 2).See(seen)
	}
	if got, want := daemon.Seen(1, 2), (page.Seen{Operations: 5, Longest: 7, Busiest: 12}); got != want {
		t.Errorf("daemon reads that %+v was seen, want %+v", got, want)
	}
	if got := daemon.Cell(1, 2); got != want {
		t.Errorf("daemon reads %v after something was seen, want %v", got, want)
	}
	service.Lost(4)
	if daemon.LostReports() != 4 || service.LostReports() != 4 {
		t.Error("lost reports were not counted")
	}
	if !service.Ring() || service.Ring() {
		t.Error("only the first ring needs the eventfd")
	}
	daemon.Answer()
	if !service.Ring() {
		t.Error("after an answer the next ring needs the eventfd")
	}
}

func TestDomainStates(t *testing.T) {
	type gates struct{ in, out bool }
	got := map[page.State]gates{}
	for s := range page.State(6) {
		got[s] = gates{s.Enterable(), s.Leavable()}
	}
	want := map[page.State]gates{
		0: {}, page.InService: {true, true}, page.OutOfService: {false, true},
		page.Restricted: {true, true}, page.Isolated: {}, 5: {},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkLookup(b *testing.B) {
	p, r := newPolicy(b, 64)
	table := make(page.Table, 64)
	for i := range table {
		for j := range 64 {
			table[i].Entries = append(table[i].Entries, page.Entry{Target: j})
		}
	}
	publish(b, p, table)
	for b.Loop() {
		r.Lookup(5, 40)
	}
}

func BenchmarkPublish(b *testing.B) {
	p, _ := newPolicy(b, 100)
	table := make(page.Table, 100)
	for i := range table {
		for j := range 100 {
			table[i].Entries = append(table[i].Entries, page.Entry{Target: j})
		}
	}
	for b.Loop() {
		publish(b, p, table)
	}
}
