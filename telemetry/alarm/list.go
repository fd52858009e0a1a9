package alarm

import (
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// MaxOfCause is how many alarms of one cause the list has at most: however many
// services are lost, there is room for what else goes wrong.
const MaxOfCause = 4096

// List is the list of active alarms. Observe, Write and Tell are called in this
// order, by one goroutine at a time.
type List struct {
	nodes    *nodes
	all      map[string]*alarm
	round    uint64         // of observations
	active   map[string]int // by cause
	unlisted int

	fresh   bool // the tree shows nothing
	counted bool // the tree shows how many there are
	changed map[string]bool
	news    []*tree.Container
}

// alarm is a condition that holds, or held a moment ago.
//
//	pending ──(holds for Raise)──▶ active ──(gone for Clear)──▶ cleared
//	   └──(gone)──▶ forgotten        └──(its resource is gone)──▶ cleared
type alarm struct {
	Condition
	since          time.Duration // when it began to hold, by uptime
	held           time.Duration // when it last held
	round          uint64        // in which it last held
	active         bool
	raised, change time.Time
}

// New returns an empty list.
func New(set *schema.Set) *List {
	return &List{nodes: newNodes(set), all: map[string]*alarm{}, active: map[string]int{}, fresh: true, changed: map[string]bool{}}
}

// Moment is when conditions are observed.
type Moment struct {
	Wall   time.Time
	Uptime time.Duration // only grows, as fast as time does
}

// Observe takes in all conditions that hold, of which no two have the same
// resource, cause and instance. Exists says whether a resource is still there:
// alarms go with theirs.
func (l *List) Observe(now Moment, conditions []Condition, exists func(model.Resource) bool) {
	l.round++
	unlisted := 0
	for i := range conditions {
		if !l.hold(now, &conditions[i]) {
			unlisted++
		}
	}
	for id, a := range l.all {
		switch {
		case a.round == l.round:
		case !a.active:
			delete(l.all, id)
		case now.Uptime-a.held >= a.Clear || !exists(a.Resource):
			l.clear(now, id, a)
		}
	}
	if unlisted != l.unlisted {
		l.unlisted, l.counted = unlisted, false
	}
}

// hold takes in a condition that holds; it returns false if it is an alarm that
// finds no room.
func (l *List) hold(now Moment, c *Condition) bool {
	id := c.id()
	a := l.all[id]
	if a == nil {
		a = &alarm{since: now.Uptime}
		l.all[id] = a
	}
	was := a.Condition
	a.Condition, a.held, a.round = *c, now.Uptime, l.round
	switch {
	case a.active:
		l.update(now, id, a, was)
	case now.Uptime-a.since >= c.Raise:
		if l.active[c.Cause] >= MaxOfCause {
			return false
		}
		l.raise(now, id, a)
	}
	return true
}

func (l *List) raise(now Moment, id string, a *alarm) {
	a.active, a.raised, a.change = true, now.Wall, now.Wall
	l.active[a.Cause]++
	l.counted, l.changed[id] = false, true
	l.tell(id, a, a.Severity)
}

// update takes in what is known anew of an alarm. Only another severity is told:
// the rest is there to be read.
func (l *List) update(now Moment, id string, a *alarm, was Condition) {
	if a.Severity != was.Severity {
		a.change = now.Wall
		l.tell(id, a, a.Severity)
	}
	was.Raise, was.Clear = a.Raise, a.Clear
	if a.Condition != was {
		l.changed[id] = true
	}
}

func (l *List) clear(now Moment, id string, a *alarm) {
	a.change = now.Wall
	l.tell(id, a, cleared)
	delete(l.all, id)
	l.active[a.Cause]--
	l.counted, l.changed[id] = false, true
}

// tell says what became of an alarm.
func (l *List) tell(id string, a *alarm, severity string) {
	l.news = append(l.news, l.nodes.content(l.nodes.notification, id, a, severity))
}

// Write brings the operational tree up to date.
func (l *List) Write(e *tree.Editor) error {
	if l.fresh {
		if _, err := e.DeletePath(l.nodes.list[:len(l.nodes.list)-1]); err != nil {
			return err
		}
	}
	for id := range l.changed {
		if err := l.write(e, id); err != nil {
			return err
		}
	}
	if l.counted {
		return nil
	}
	figures := model.Of(l.nodes.state.Schema())
	figures.Count("active", uint64(l.total()))
	figures.Count("unlisted", uint64(l.unlisted))
	return e.Merge(l.nodes.state[:len(l.nodes.state)-1], figures.Container())
}

// total is how many alarms the list has.
func (l *List) total() (n int) {
	for _, of := range l.active {
		n += of
	}
	return n
}

func (l *List) write(e *tree.Editor, id string) error {
	last := len(l.nodes.list) - 1
	list := l.nodes.list[last].Node
	path := append(l.nodes.list[:last:last], schema.PathStep{Node: list, Keys: []schema.Value{list.Keys[0].Type.Unchecked(id)}})
	a := l.all[id]
	if a == nil || !a.active {
		_, err := e.DeletePath(path)
		return err
	}
	// What stood there goes: optional leafs may have gone.
	if _, err := e.DeletePath(path); err != nil {
		return err
	}
	return e.Merge(path[:last], l.nodes.content(list, id, a, a.Severity))
}

// Tell returns the notifications of what happened since the last time, now that
// the tree shows it.
func (l *List) Tell() []*tree.Container {
	news := l.news
	l.news, l.fresh, l.counted = nil, false, true
	clear(l.changed)
	return news
}
