package waveguard

import (
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
)

// Judge returns what asks the policy page about a call of an operation of one domain
// into another, without what follows from the answer: the number of the rule that the
// call breaks. The domains are those of a table.
func Judge(table page.Table) (ask func(source, target, bit int) int, err error) {
	policy, err := page.NewPolicy(len(table))
	if err != nil {
		return nil, err
	}
	if _, err := policy.Publish(table); err != nil {
		return nil, err
	}
	stats, err := page.NewStats(len(table))
	if err != nil {
		return nil, err
	}
	a := new(attachment)
	if a.policy, err = page.OpenPolicy(policy.File()); err != nil {
		return nil, err
	}
	if a.stats, err = page.OpenStats(stats.File()); err != nil {
		return nil, err
	}
	h := &Host{started: time.Now(), meters: make([]meter, len(table)*len(table)), users: 1}
	for i := range table {
		h.domains = append(h.domains, &domain{index: i})
	}
	h.attachment.Store(a)
	t, v := &Thread{host: h, attachment: a}, new(verdict)
	g := new(Gate)
	return func(source, target, bit int) int {
		t.current = h.domains[source]
		g.target, g.bit = h.domains[target], bit
		return t.ask(v, g)
	}, nil
}

// Draw draws a delay of up to so many nanoseconds.
func (t *Thread) Draw(most uint16) time.Duration { return t.draw(most) }

// Carry returns what carries counters from one cell to another.
func Carry(from, to page.Cell) (carry func()) {
	var carried [page.Counters]uint64
	return func() { carryCell(from, to, &carried) }
}
