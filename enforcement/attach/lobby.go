package attach

import "sync"

// lobby counts the connections of each user that have no session yet, so that
// one user who floods the socket keeps nobody else out.
type lobby struct {
	mu      sync.Mutex
	waiting map[uint32]int // by uid
}

// enter returns false if the user has too many connections waiting.
func (l *lobby) enter(uid uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[uint32]int{}
	}
	if l.waiting[uid] == maxWaiting {
		return false
	}
	l.waiting[uid]++
	return true
}

func (l *lobby) leave(uid uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[uid]--; l.waiting[uid] == 0 {
		delete(l.waiting, uid)
	}
}
