package node

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

const (
	panelBytes = 512
	// maxSamples is how many samples a turn takes.
	maxSamples = 1024
)

// What dashboard counts.
const (
	summariesRendered = iota
	summariesIncomplete
	samplesReceived
)

var dashboardCounters = []string{"summaries", "summaries-incomplete", "samples-received"}

// panel is dashboard: it shows what others let it know.
type panel struct {
	plan optical.Plan

	mu    sync.Mutex
	tally tally
	view  text
}

func newPanel() *panel { return &panel{plan: optical.NSFNET()} }

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
	if latest := p.take(c); latest != "" {
		parts = append(parts, latest)
	}
	p.render(strings.Join(parts, "; "), powerKnown && planKnown)
}

// take takes the samples that came, and tells the latest.
func (p *panel) take(c caller) (latest string) {
	for range maxSamples {
		message, ok := c.Receive(opticalPower)
		if !ok {
			break
		}
		s, ok := sampleOf(message)
		if !ok || s.link >= uint64(len(p.plan.Links)) {
			continue
		}
		link := p.plan.Links[s.link]
		latest = fmt.Sprintf("latest sample %d: %+.2f dBm on %s-%s", s.sequence, s.power, p.plan.Nodes[link.A], p.plan.Nodes[link.B])
		p.count(samplesReceived)
	}
	return latest
}

func (p *panel) count(counter int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(counter)
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
