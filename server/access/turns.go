package access

import "sync"

// turns bounds the verifications of passwords at a time, for their memory, and
// admits one of each source: who tries passwords by the thousand waits in line
// with itself.
type turns struct {
	slots chan struct{}

	mu    sync.Mutex
	lines map[string]*line
}

// line is those of one source who verify or wait.
type line struct {
	length int // guarded by turns.mu
	head   chan struct{}
}

func newTurns(atOnce int) *turns {
	return &turns{slots: make(chan struct{}, atOnce), lines: map[string]*line{}}
}

// take waits for a turn. The caller ends it with done.
func (t *turns) take(source string) (done func()) {
	t.mu.Lock()
	l := t.lines[source]
	if l == nil {
		l = &line{head: make(chan struct{}, 1)}
		t.lines[source] = l
	}
	l.length++
	t.mu.Unlock()
	l.head <- struct{}{}
	t.slots <- struct{}{}
	return func() {
		<-t.slots
		<-l.head
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.length--; l.length == 0 {
			delete(t.lines, source)
		}
	}
}
