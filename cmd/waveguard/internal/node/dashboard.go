package node

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const panelBytes = 512

// What dashboard counts.
const (
	summariesRendered = iota
	summariesIncomplete
)

var dashboardCounters = []string{"summaries", "summaries-incomplete"}

// panel is dashboard: it shows what others let it know.
type panel struct {
	mu    sync.Mutex
	tally tally
	view  text
}

func newPanel() *panel { return new(panel) }

func (p *panel) name() string { return dashboard }

func (p *panel) regionBytes() int { return tallyBytes(dashboardCounters) + panelBytes }

func (p *panel) operations() []operation { return nil }

func (p *panel) settle(memory block) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.names = dashboardCounters
	p.tally.block, memory = memory.cut(tallyBytes(dashboardCounters))
	p.view.block, _ = memory.cut(panelBytes)
	return nil
}

func (p *panel) step(c caller, _ time.Time) {
	power, powerKnown := ask[summary](c, performanceMonitoring, powerSummary, struct{}{})
	plan, planKnown := ask[network](c, pathComputation, topologySummary, struct{}{})
	parts := make([]string, 0, 2)
	switch {
	case !planKnown:
		parts = append(parts, "network unknown")
	default:
		parts = append(parts, fmt.Sprintf("%d nodes, %d links, %d km, %d lightpaths up",
			plan.nodes, plan.links, plan.kilometres, plan.lightpaths))
	}
	switch {
	case !powerKnown:
		parts = append(parts, "power unknown")
	case power.links == 0:
		parts = append(parts, "no readings yet")
	default:
		parts = append(parts, fmt.Sprintf("mean power %+.2f dBm, worst OSNR %.1f dB on %s",
			power.meanPower, power.worstOSNR, power.worst))
	}
	p.render(strings.Join(parts, "; "), powerKnown && planKnown)
}

func (p *panel) render(view string, complete bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.set(view)
	p.tally.add(summariesRendered)
	if !complete {
		p.tally.add(summariesIncomplete)
	}
}

func (p *panel) report() report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return report{work: p.tally.counts(), last: p.view.get()}
}
