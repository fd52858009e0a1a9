package keys

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// memory is a domain's memory as the processor sees it.
type memory struct {
	key   atomic.Int32
	fails func(key int) error // may be nil
}

func (m *memory) Tag(key int) error {
	if m.fails != nil {
		if err := m.fails(key); err != nil {
			return err
		}
	}
	m.key.Store(int32(key))
	return nil
}

func ring(t testing.TB, keys int) *Ring {
	t.Helper()
	var all []int
	for key := 1; key <= keys; key++ {
		all = append(all, key)
	}
	r, err := New(all)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t testing.TB, r *Ring, o Options) (*Holder, *memory) {
	t.Helper()
	m := new(memory)
	h, err := r.Add(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return h, m
}

// visit enters and leaves.
func visit(t testing.TB, r *Ring, h *Holder) {
	t.Helper()
	if _, err := r.Enter(h); err != nil {
		t.Fatal(err)
	}
	h.Leave()
}

func TestNew(t *testing.T) {
	for _, bad := range [][]int{nil, {1}, {0, 1}, {1, 16}, {1, -1}} {
		if _, err := New(bad); err == nil {
			t.Errorf("a ring of %v was made", bad)
		}
	}
}

func TestParkedMemoryHasTheParkingKey(t *testing.T) {
	r := ring(t, 3)
	a, inA := add(t, r, Options{})
	b, inB := add(t, r, Options{})
	c, inC := add(t, r, Options{})
	for _, m := range []*memory{inA, inB, inC} {
		if got := int(m.key.Load()); got != r.Parking() {
			t.Errorf("new memory is under key %d, want %d", got, r.Parking())
		}
	}
	visit(t, r, a)
	visit(t, r, b)
	visit(t, r, c) // takes a's key
	if got := int(inA.key.Load()); got != r.Parking() || a.Key() != 0 {
		t.Errorf("what was parked is under key %d, its holder has key %d", got, a.Key())
	}
	if inB.key.Load() == inC.key.Load() || int(inB.key.Load()) != b.Key() || int(inC.key.Load()) != c.Key() {
		t.Errorf("b is under %d with key %d, c under %d with key %d", inB.key.Load(), b.Key(), inC.key.Load(), c.Key())
	}
	want := Stats{Holders: 3, Resident: 2, Keys: 2, Loads: 3, Evictions: 1}
	if got := r.Stats(); got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

func TestVictims(t *testing.T) {
	for _, test := range []struct {
		name  string
		holds []Options
		enter []int // in this order; then one more holder is entered
		want  int   // who has lost its key
	}{
		{"the one entered longest ago", []Options{{}, {}, {}}, []int{0, 1, 2, 0}, 1},
		{"priority comes first", []Options{{Priority: 1}, {Priority: 2}, {Priority: 1}}, []int{1, 0, 2, 0}, 2},
		{"however long ago", []Options{{Priority: 1}, {}, {Priority: 1}}, []int{0, 2, 1, 1}, 1},
		{"never a pinned one", []Options{{Pinned: true, Priority: -5}, {}, {Priority: 1}}, []int{2, 1}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := ring(t, 4)
			var all []*Holder
			for _, o := range test.holds {
				h, _ := add(t, r, o)
				all = append(all, h)
			}
			for _, i := range test.enter {
				visit(t, r, all[i])
				r.mu.Lock()
				r.look() // time goes on at the pace of these
				r.mu.Unlock()
			}
			last, _ := add(t, r, Options{})
			visit(t, r, last)
			for i, h := range all {
				if lost := h.Key() == 0; lost != (i == test.want) {
					t.Errorf("holder %d has key %d", i, h.Key())
				}
			}
		})
	}
}

func TestBusy(t *testing.T) {
	r := ring(t, 2)
	a, inA := add(t, r, Options{})
	b, _ := add(t, r, Options{})
	key, err := r.Enter(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enter(b); !errors.Is(err, ErrBusy) {
		t.Fatalf("with a thread inside the one key's holder: %v, want ErrBusy", err)
	}
	if int(inA.key.Load()) != key || a.Key() != key {
		t.Fatal("the holder with the thread lost its key")
	}
	entered := await(t, r, b)
	a.Leave()
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := r.Wait(ctx, a)
		entered <- err
	}()
	for r.Stats().Waits == 1 {
	}
	cancel()
	if err := <-entered; !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was cancelled returns %v", err)
	}
}

// A domain that is closed while a thread waits for a key for it does not leave the
// thread waiting for whoever leaves next.
func TestRemovedWhileAwaited(t *testing.T) {
	r := ring(t, 2)
	a, _ := add(t, r, Options{})
	b, _ := add(t, r, Options{})
	if _, err := r.Enter(a); err != nil {
		t.Fatal(err)
	}
	entered := await(t, r, b)
	r.Remove(b)
	if err := <-entered; !errors.Is(err, ErrGone) {
		t.Errorf("the thread that waited gets %v, want ErrGone", err)
	}
}

func TestPinned(t *testing.T) {
	r := ring(t, 4)
	one, m := add(t, r, Options{Pinned: true})
	if one.Key() == 0 || int(m.key.Load()) != one.Key() {
		t.Error("a pinned holder has no key from the start")
	}
	two, _ := add(t, r, Options{Pinned: true})
	if _, err := r.Add(new(memory), Options{Pinned: true}); !errors.Is(err, ErrBusy) {
		t.Errorf("the last key was pinned: %v", err)
	}
	for range 3 {
		h, _ := add(t, r, Options{})
		visit(t, r, h)
	}
	if one.Key() == 0 || two.Key() == 0 {
		t.Error("a pinned holder was parked")
	}
	r.Remove(two)
	r.Remove(two)
	if _, err := r.Enter(two); !errors.Is(err, ErrGone) {
		t.Errorf("Enter after Remove: %v", err)
	}
	if _, err := r.Add(new(memory), Options{Pinned: true}); err != nil {
		t.Errorf("the place of what was removed: %v", err)
	}
}

func TestMemoryThatCannotBeTagged(t *testing.T) {
	refused := errors.New("no room for more mappings")
	for _, torn := range []error{nil, ErrTorn} {
		r := ring(t, 3)
		a, inA := add(t, r, Options{})
		b, inB := add(t, r, Options{Priority: 1})
		c, inC := add(t, r, Options{})
		visit(t, r, a)
		visit(t, r, b)
		inA.fails = func(int) error { return errors.Join(refused, torn) }
		_, err := r.Enter(c)
		if err != nil { // a is tried first, then b
			t.Fatalf("torn %v: %v", torn, err)
		}
		if retired := r.Stats().Retired; retired != map[error]int{nil: 0, ErrTorn: 1}[torn] {
			t.Errorf("torn %v: %d keys are retired", torn, retired)
		}
		if torn == nil && (a.Key() == 0 || int(inA.key.Load()) != a.Key()) {
			t.Errorf("what could not be parked has key %d, its memory %d", a.Key(), inA.key.Load())
		}
		if b.Key() != 0 || int(inB.key.Load()) != r.Parking() || c.Key() != int(inC.key.Load()) {
			t.Errorf("torn %v: b has key %d, c %d", torn, b.Key(), c.Key())
		}
		c.Leave()
		inB.fails = func(key int) error {
			if key != r.Parking() {
				return refused
			}
			return nil
		}
		before := r.Stats()
		if _, err := r.Enter(b); !errors.Is(err, refused) && !errors.Is(err, ErrBusy) {
			t.Errorf("torn %v: a key that could not be used: %v", torn, err)
		}
		inB.fails = nil
		if _, err := r.Enter(b); err != nil {
			t.Errorf("torn %v: afterwards: %v (before %+v, now %+v)", torn, err, before, r.Stats())
		}
	}
}

// await starts a thread that waits for a key for h, and returns when it is in the
// queue. The channel gets what Wait returns.
func await(t *testing.T, r *Ring, h *Holder) chan error {
	t.Helper()
	before := r.Stats().Waits
	entered := make(chan error, 1)
	go func() {
		_, err := r.Wait(t.Context(), h)
		entered <- err
	}()
	for r.Stats().Waits == before {
		runtime.Gosched()
	}
	return entered
}

// Threads that wait get keys in the order in which they came, before those that
// come later, and before those that go in and out of a holder all the time.
func TestThoseThatWaitAreServedInOrder(t *testing.T) {
	r := ring(t, 2)
	var all []*Holder
	for range 4 {
		h, _ := add(t, r, Options{})
		all = append(all, h)
	}
	if _, err := r.Enter(all[0]); err != nil {
		t.Fatal(err)
	}
	first := await(t, r, all[1])
	for all[0].open() { // until it drains
		runtime.Gosched()
	}
	second, third := await(t, r, all[0]), await(t, r, all[2])
	for _, h := range []*Holder{all[0], all[3]} {
		if _, ok := h.TryEnter(); ok {
			t.Error("a thread came in past those that wait")
		}
		if _, err := r.Enter(h); !errors.Is(err, ErrBusy) {
			t.Errorf("a thread that could not come in got %v, want ErrBusy", err)
		}
	}
	inside := all[0]
	for i, next := range []struct {
		entered chan error
		holder  *Holder
	}{{first, all[1]}, {second, all[0]}, {third, all[2]}} {
		inside.Leave()
		if err := <-next.entered; err != nil {
			t.Fatal(err)
		}
		inside = next.holder
		for _, later := range []chan error{second, third}[min(i, 2):] {
			select {
			case <-later:
				t.Errorf("after turn %d a later one was served as well", i)
			default:
			}
		}
	}
	inside.Leave()
	visit(t, r, all[3]) // nobody waits any more
}

// A holder whose threads do not leave does not drain for ever: they may wait for one
// that wants to come in.
func TestDrainingTakesTurns(t *testing.T) {
	r := ring(t, 3)
	a, _ := add(t, r, Options{})
	b, _ := add(t, r, Options{})
	c, _ := add(t, r, Options{})
	for _, h := range []*Holder{a, b} {
		if _, err := r.Enter(h); err != nil {
			t.Fatal(err)
		}
	}
	entered := await(t, r, c)
	for range 2 {
		for a.open() || !b.open() {
			runtime.Gosched()
		}
		for b.open() || !a.open() {
			runtime.Gosched()
		}
	}
	visit(t, r, a)
	a.Leave()
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
	for !b.open() { // when nobody waits, nobody drains
		runtime.Gosched()
	}
}

// Options change while threads are inside and while they wait.
func TestChange(t *testing.T) {
	r := ring(t, 4)
	a, _ := add(t, r, Options{Pinned: true})
	b, _ := add(t, r, Options{})
	c, _ := add(t, r, Options{})
	change := func(h *Holder, o Options, want error) {
		t.Helper()
		if err := r.Change(h, o); !errors.Is(err, want) {
			t.Errorf("Change to %+v: %v, want %v", o, err, want)
		}
	}
	change(b, Options{Pinned: true}, nil)
	if b.Key() == 0 {
		t.Error("there is a free key, but the pinned holder has none")
	}
	change(c, Options{Pinned: true, Priority: 7}, ErrBusy)
	if _, err := r.Enter(c); err != nil || c.options != (Options{Priority: 7}) {
		t.Errorf("too many are pinned: options are %+v, Enter gives %v", c.options, err)
	}
	d, _ := add(t, r, Options{})
	entered := await(t, r, d)
	change(a, Options{}, nil) // its key goes to the thread that waits
	if err := <-entered; err != nil || a.Key() != 0 {
		t.Errorf("after the end of a pin Wait returns %v, and the holder has key %d", err, a.Key())
	}
	change(a, Options{Pinned: true}, nil) // every key is in use
	if a.Key() != 0 {
		t.Errorf("a key came from nowhere: %d", a.Key())
	}
	entered = await(t, r, a)
	c.Leave()
	if err := <-entered; err != nil || a.Key() == 0 {
		t.Fatalf("the pinned holder was entered: %v, with key %d", err, a.Key())
	}
	a.Leave()
	d.Leave()
	visit(t, r, d)
	visit(t, r, c)
	if s := r.Stats(); a.Key() == 0 || b.Key() == 0 || s.Pinned != 2 {
		t.Errorf("pinned holders have keys %d and %d, stats are %+v", a.Key(), b.Key(), s)
	}
	r.Remove(a)
	change(a, Options{}, ErrGone)
}

// A priority counts from when it is changed.
func TestChangeOfPriority(t *testing.T) {
	r := ring(t, 3)
	one, _ := add(t, r, Options{Priority: 1})
	two, _ := add(t, r, Options{Priority: 2})
	three, _ := add(t, r, Options{Priority: 2})
	visit(t, r, one)
	visit(t, r, two)
	if err := r.Change(one, Options{Priority: 3}); err != nil {
		t.Fatal(err)
	}
	visit(t, r, three)
	if one.Key() == 0 || two.Key() != 0 {
		t.Errorf("of priority 3 the key is %d, of priority 2 it is %d", one.Key(), two.Key())
	}
}

// A key that is lost counts when it is asked how many can be pinned, and who cannot
// get one is told so, not kept waiting.
func TestKeysThatAreLost(t *testing.T) {
	r := ring(t, 4)
	stays, _ := add(t, r, Options{Pinned: true})
	r.Abandon(stays)
	r.Abandon(stays)
	if got := r.Stats(); got.Retired != 1 || got.Pinned != 0 || got.Holders != 0 {
		t.Errorf("stats are %+v", got)
	}
	one, _ := add(t, r, Options{Pinned: true})
	if _, err := r.Add(new(memory), Options{Pinned: true}); !errors.Is(err, ErrBusy) {
		t.Errorf("the last key was pinned: %v", err)
	}
	last, m := add(t, r, Options{})
	if _, err := r.Enter(last); err != nil {
		t.Fatal(err)
	}
	last.Leave()
	m.fails = func(int) error { return ErrTorn }
	other, _ := add(t, r, Options{})
	if _, err := r.Enter(other); !errors.Is(err, ErrTorn) {
		t.Errorf("the last key was lost: %v", err)
	}
	if _, err := r.Wait(t.Context(), other); !errors.Is(err, ErrNone) {
		t.Errorf("no key can come any more: %v, want ErrNone", err)
	}
	if one.Key() == 0 {
		t.Error("the pinned holder lost its key")
	}
}

// thread is one that goes from domain to domain as a gate makes it.
type thread struct {
	t      *testing.T
	ring   *Ring
	all    []*Holder
	memory []*memory
	rights int // key that is open
	stack  Stack
	path   []int
	random *rand.Rand
}

// look checks that the open key is that of the domain's memory, and of no other's.
func (th *thread) look() {
	th.t.Helper()
	i := th.path[len(th.path)-1]
	if got := int(th.memory[i].key.Load()); got != th.rights {
		th.t.Errorf("inside %d with key %d, the memory is under %d", i, th.rights, got)
	}
	for range 8 {
		if o := th.random.IntN(len(th.all)); o != i && int(th.memory[o].key.Load()) == th.rights {
			th.t.Errorf("inside %d, memory of %d is open", i, o)
		}
	}
}

func (th *thread) enter(i int) {
	h := th.all[i]
	key, err := th.ring.Enter(h)
	if errors.Is(err, ErrBusy) {
		th.rights = 0
		th.stack.Yield()
		key, err = th.ring.Wait(context.Background(), h)
	}
	if err != nil {
		th.t.Error(err)
		return
	}
	th.stack.Push(h)
	th.path = append(th.path, i)
	th.rights = key
	th.look()
	if th.stack.Len() < 5 && th.random.IntN(3) == 0 {
		th.enter(th.random.IntN(len(th.all)))
		th.look()
	}
	th.leave()
}

func (th *thread) leave() {
	h, _ := th.stack.Top()
	th.stack.Pop()
	th.path = th.path[:len(th.path)-1]
	th.rights = 0
	h.Leave()
	below, counted := th.stack.Top()
	if below == nil {
		return
	}
	if !counted {
		if _, err := th.ring.Wait(context.Background(), below); err != nil {
			th.t.Error(err)
		}
		th.stack.Regain()
	}
	th.rights = below.Key()
}

// 4,096 domains, 14 keys, threads everywhere: no memory is ever open to a thread
// that is not inside.
func TestManyDomains(t *testing.T) {
	domains, threads, visits := 4096, 32, 2000
	if testing.Short() {
		visits = 200
	}
	r := ring(t, 15)
	th := thread{t: t, ring: r}
	for i := range domains {
		h, m := add(t, r, Options{Pinned: i < 2, Priority: i % 3})
		th.all, th.memory = append(th.all, h), append(th.memory, m)
	}
	var wg sync.WaitGroup
	for n := range threads {
		one := th
		one.random = rand.New(rand.NewPCG(1, uint64(n)))
		wg.Go(func() {
			for range visits {
				one.enter(one.random.IntN(domains))
				one.enter(one.random.IntN(8)) // some are popular
			}
		})
	}
	wg.Wait()
	s := r.Stats()
	if s.Evictions == 0 || s.Waits == 0 || s.Retired != 0 || s.Resident > s.Keys {
		t.Errorf("stats are %+v", s)
	}
	seen := map[int]bool{}
	for i, h := range th.all {
		key := h.Key()
		if h.Threads() != 0 || seen[key] && key != 0 || int(th.memory[i].key.Load()) != max(key, r.Parking()) && key != 0 {
			t.Errorf("in the end %d has key %d and %d threads", i, key, h.Threads())
		}
		seen[key] = true
	}
}

func TestStack(t *testing.T) {
	r := ring(t, 15)
	var s Stack
	var all []*Holder
	for range 3 {
		h, _ := add(t, r, Options{})
		all = append(all, h)
		if _, err := r.Enter(h); err != nil {
			t.Fatal(err)
		}
		s.Push(h)
	}
	s.Yield()
	counts := func() (c []int) {
		for _, h := range all {
			c = append(c, h.Threads())
		}
		return c
	}
	if got := counts(); !slices.Equal(got, []int{0, 0, 0}) {
		t.Fatalf("after Yield the counts are %v", got)
	}
	for want := 2; want >= 0; want-- {
		h, counted := s.Top()
		if h != all[want] || counted {
			t.Fatalf("Top is holder %d, counted %v", slices.Index(all, h), counted)
		}
		if _, err := r.Enter(h); err != nil {
			t.Fatal(err)
		}
		s.Regain()
		if _, counted := s.Top(); !counted {
			t.Fatal("not counted after Regain")
		}
		s.Pop()
		h.Leave()
	}
	if h, counted := s.Top(); h != nil || !counted || s.Len() != 0 {
		t.Error("the empty stack has something")
	}
}

// A hit is a gate's share; a miss takes a free key; an eviction parks another.
// What tagging costs is measured where the memory is, in package mpk.
func BenchmarkEnter(b *testing.B) {
	for name, domains := range map[string]int{"hit": 1, "eviction": 15, "eviction of 4096": 4096} {
		b.Run(name, func(b *testing.B) {
			r := ring(b, 15)
			var all []*Holder
			for range domains {
				h, _ := add(b, r, Options{})
				all = append(all, h)
			}
			for i := 0; b.Loop(); i++ {
				h := all[i%domains]
				if _, err := r.Enter(h); err != nil {
					b.Fatal(err)
				}
				h.Leave()
			}
			b.ReportMetric(float64(r.Stats().Evictions)/float64(b.N), "evictions/op")
		})
	}
	b.Run("hit, all processors", func(b *testing.B) {
		r := ring(b, 15)
		h, _ := add(b, r, Options{})
		visit(b, r, h)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, ok := h.TryEnter(); ok {
					h.Leave()
				}
			}
		})
	})
}

func ExampleRing() {
	r, err := New([]int{1, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	vault, err := r.Add(new(memory), Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := r.Enter(vault)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer vault.Leave()
	fmt.Println("open key", key)
	// Output: open key 2
}
