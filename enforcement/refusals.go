package enforcement

import (
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// refusalInterval is the least time between two reports of refusals of one user.
const refusalInterval = time.Second

// refusals reports refused claims. Whoever may connect can be refused as often as
// he likes: the first of a kind is reported at once, the others once an interval
// with their number, so that they push nobody's reports out of any log.
type refusals struct {
	record func(Violation)

	mu   sync.Mutex
	more map[refusalKey]*Violation // since the last report; of no occurrence at first
}

type refusalKey struct {
	uid     uint32
	kind    wire.Kind
	service string // "" for all that are not configured
}

func (r *refusals) add(key refusalKey, v Violation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.more[key]; before != nil {
		v.Occurrences += before.Occurrences
		r.more[key] = &v
		return
	}
	if r.more == nil {
		r.more = map[refusalKey]*Violation{}
	}
	r.more[key] = &Violation{}
	r.record(v)
	time.AfterFunc(refusalInterval, func() { r.tell(key) })
}

// tell reports what came since the last report, until nothing comes any more.
func (r *refusals) tell(key refusalKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.more[key].Occurrences == 0 {
		delete(r.more, key)
		return
	}
	r.record(*r.more[key])
	r.more[key] = &Violation{}
	time.AfterFunc(refusalInterval, func() { r.tell(key) })
}
