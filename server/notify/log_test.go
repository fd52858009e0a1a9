package notify_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const eventModule = `module event { yang-version 1.1; namespace "urn:event"; prefix e; revision 2026-01-01;
	notification happened { leaf number { type uint32; } leaf text { type string; } }
	container ports { list port { key name; leaf name { type string; } notification flapped { leaf number { type uint32; } } } } }`

func compileEvents(t testing.TB, source string) *schema.Set {
	t.Helper()
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"event.yang": {Data: []byte(source)}}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var events = sync.OnceValue(func() *schema.Set {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"event.yang": {Data: []byte(eventModule)}}}, schema.Options{})
	if err != nil {
		panic(err)
	}
	return set
})

// happened is event number i, at second i.
func happened(i int, text string) notify.Notification {
	n := events().Module("event").Notifications[0]
	number, err := n.Child("", "number").Type.Parse(schema.Lexical{Text: fmt.Sprint(i), Form: schema.Canonical})
	if err != nil {
		panic(err)
	}
	words, err := n.Child("", "text").Type.Parse(schema.Lexical{Text: text, Form: schema.Canonical})
	if err != nil {
		panic(err)
	}
	return notify.Notification{Time: at(i), Content: tree.NewContainer(n, []tree.Node{
		tree.NewLeaf(n.Child("", "number"), number), tree.NewLeaf(n.Child("", "text"), words),
	})}
}

func at(i int) time.Time { return time.Unix(int64(i), 5).UTC() }

// logged opens a hub until the test ends, or close is called.
func logged(t testing.TB, dir string, bound int) *notify.Hub {
	t.Helper()
	h, err := notify.Open(notify.Config{Dir: dir, Schema: events(), Bound: bound, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHub(t, h) })
	return h
}

func closeHub(t testing.TB, h *notify.Hub) {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// replayed returns the numbers of what is replayed from event number from on.
func replayed(t testing.TB, h *notify.Hub, from int) (got []int) {
	t.Helper()
	past, live := h.Replay(at(from), 1)
	defer live.Close()
	for {
		n, ok := past.Next()
		if !ok {
			return got
		}
		v, _ := n.Content.Leaf("number")
		number, _ := v.Uint()
		if !n.Time.Equal(at(int(number))) {
			t.Errorf("event %d has the time %v", number, n.Time)
		}
		got = append(got, int(number))
	}
}

func span(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func TestLogSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	h := logged(t, dir, 0)
	info, _ := h.Log()
	for i := range 100 {
		h.Publish(happened(i, `quotes " and lines`+"\n"))
	}
	closeHub(t, h)

	h = logged(t, dir, 0)
	for i := 100; i < 110; i++ {
		h.Publish(happened(i, ""))
	}
	if got := replayed(t, h, 0); !slices.Equal(got, span(0, 110)) {
		t.Errorf("replayed %v", got)
	}
	if got := replayed(t, h, 95); !slices.Equal(got, span(95, 110)) {
		t.Errorf("replayed from 95: %v", got)
	}
	if after, ok := h.Log(); !ok || !after.Created.Equal(info.Created) || !after.Aged.IsZero() {
		t.Errorf("the log is %+v, %v; it was %+v", after, ok, info)
	}
}

func TestLogIsBounded(t *testing.T) {
	const bound, n = 1 << 14, 2000
	dir := t.TempDir()
	for round := range 4 {
		h := logged(t, dir, bound)
		for i := round * n; i < (round+1)*n; i++ {
			h.Publish(happened(i, strings.Repeat("x", i%50)))
			if i%500 == 0 {
				time.Sleep(10 * time.Millisecond) // lets the writer see a part of them
			}
		}
		got := replayed(t, h, 0)
		if last := (round + 1) * n; len(got) < bound/200 || !slices.Equal(got, span(got[0], last)) {
			t.Errorf("round %d: replayed %d, from %d to %d", round, len(got), got[0], got[len(got)-1])
		}
		if info, _ := h.Log(); !info.Aged.Equal(at(got[0] - 1)) {
			t.Errorf("aged at %v, replay begins at %v", info.Aged, at(got[0]))
		}
		closeHub(t, h)
		if size := diskSize(t, dir); size > bound+1024 {
			t.Errorf("round %d: the log takes %d octets of %d", round, size, bound)
		}
		again := logged(t, dir, bound)
		if kept := replayed(t, again, 0); len(kept) < bound/400 || !slices.Equal(kept, span(kept[0], (round+1)*n)) {
			t.Errorf("round %d: after a restart %d are left", round, len(kept))
		} else if info, _ := again.Log(); info.Aged.After(at(kept[0])) || info.Aged.IsZero() {
			t.Errorf("round %d: after a restart aged at %v, replay begins at %v", round, info.Aged, at(kept[0]))
		}
		closeHub(t, again)
	}
}

func diskSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

func TestTornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 { // one record of the journal each
		h := logged(t, dir, 0)
		h.Publish(happened(i, "text"))
		closeHub(t, h)
	}
	file := filepath.Join(dir, "journal")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(whole)/3; cut += 7 {
		if err := os.WriteFile(file, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		h := logged(t, dir, 0)
		if got := replayed(t, h, 0); !slices.Equal(got, span(0, 2)) {
			t.Errorf("%d octets short: replayed %v", cut, got)
		}
		closeHub(t, h)
	}
}

func TestDamagedLogBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		h := logged(t, dir, 0)
		h.Publish(happened(i, "text"))
		closeHub(t, h)
	}
	file := filepath.Join(dir, "journal")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(content[30:], "damage")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	h, err := notify.Open(notify.Config{Dir: dir, Schema: events(), Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer closeHub(t, h)
	h.Publish(happened(7, ""))
	if got := replayed(t, h, 0); !slices.Equal(got, []int{7}) || !strings.Contains(said.String(), "damaged") {
		t.Errorf("replayed %v, said %s", got, &said)
	}
}

func TestReplayAndLiveMeetWithoutGap(t *testing.T) {
	h := logged(t, t.TempDir(), 0)
	const n = 2000
	half := make(chan struct{})
	go func() {
		for i := range n {
			if i == n/2 {
				close(half)
			}
			h.Publish(happened(i, ""))
		}
	}()
	<-half
	past, live := h.Replay(time.Time{}, n)
	defer live.Close()
	seen := 0
	next := func(m notify.Notification) {
		if v, _ := m.Content.Leaf("number"); v.String() != fmt.Sprint(seen) {
			t.Fatalf("%s follows %d", v, seen-1)
		}
		seen++
	}
	for m, ok := past.Next(); ok; m, ok = past.Next() {
		next(m)
	}
	for seen < n {
		m, err := live.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		next(m)
	}
}

func TestReplayLeavesOutWhatTheSchemaHasNoMore(t *testing.T) {
	dir := t.TempDir()
	h := logged(t, dir, 0)
	h.Publish(happened(1, "text"))
	closeHub(t, h)
	changed := compileEvents(t, strings.Replace(eventModule, "leaf text", "leaf words", 1))
	h, err := notify.Open(notify.Config{Dir: dir, Schema: changed, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer closeHub(t, h)
	past, live := h.Replay(time.Time{}, 1)
	defer live.Close()
	if n, ok := past.Next(); ok || past.Skipped() != 1 {
		t.Errorf("replayed %v, skipped %d", n, past.Skipped())
	}
}

func TestTooBigForTheLog(t *testing.T) {
	h := logged(t, t.TempDir(), 1<<12)
	sub := h.Subscribe(1)
	defer sub.Close()
	h.Publish(happened(1, ""))
	h.Publish(happened(2, strings.Repeat("x", 1<<13)))
	h.Publish(happened(3, ""))
	if got := replayed(t, h, 0); !slices.Equal(got, []int{3}) {
		t.Errorf("replayed %v", got)
	}
	if sub.Dropped() != 2 {
		t.Errorf("subscribers did not get all: %d", sub.Dropped())
	}
}

func TestHubWithoutLog(t *testing.T) {
	h := new(notify.Hub)
	h.Publish(happened(1, ""))
	if got := replayed(t, h, 0); got != nil {
		t.Errorf("replayed %v", got)
	}
	if _, ok := h.Log(); ok {
		t.Error("it says that it has a log")
	}
	closeHub(t, h)
}

// An event of an instance comes from the log with the instance that it belongs to.
func TestLogKeepsWhereSomethingHappened(t *testing.T) {
	dir := t.TempDir()
	h := logged(t, dir, 0)
	where, err := events().ParsePath(`/event:ports/port[name='a"b']`)
	if err != nil {
		t.Fatal(err)
	}
	of := tree.Path(where).Schema().Notification("event", "flapped")
	h.Publish(notify.Notification{Time: at(1), At: where, Content: tree.NewContainer(of, nil)})
	closeHub(t, h)
	past, sub := logged(t, dir, 0).Replay(at(0), 1)
	defer sub.Close()
	n, ok := past.Next()
	if !ok || n.Content.Schema() != of || n.Path().String() != `/event:ports/port[name='a"b']/flapped` {
		t.Errorf("read %v of %v, %v", n.Content, n.At, ok)
	}
}

func TestSharedTokens(t *testing.T) {
	var h notify.Hub
	tokens := make(chan struct{}, 1)
	a, b := h.Subscribe(1), h.Subscribe(1)
	defer a.Close()
	defer b.Close()
	a.Share(tokens)
	b.Share(tokens)
	<-tokens // for what may have come before
	h.Publish(happened(1, ""))
	<-tokens
	for _, s := range []*notify.Subscription{a, b} {
		if _, ok := s.TryNext(); !ok {
			t.Error("nothing for one of those who share")
		}
	}
}
