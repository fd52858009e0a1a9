package node

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

const (
	performanceTextBytes = 160
	// A link in memory: its OSNR by design, and how far its power has
	// drifted, both in dB and binary64; the sequence number of its latest
	// reading, uint64.
	lineBytes = 24
)

// How a link's power wanders: back to nominal by pull, away from it by stray,
// each turn; and how exactly it is measured. In dB.
const (
	driftPull  = 0.02
	driftStray = 0.08
	powerNoise = 0.02
	osnrNoise  = 0.10
)

// What performance-monitoring counts.
const (
	readingsTaken = iota
	readingsSigned
	readingsUnsigned
	readingsVerified
	readingsRejected
	powerServed
	samplesSent
)

var performanceCounters = []string{
	"readings", "readings-signed", "readings-unsigned", "readings-verified", "readings-rejected", "power-reads-served", "samples-sent",
}

// performance is performance-monitoring: it measures each link at each turn.
type performance struct {
	seed uint64
	plan optical.Plan

	mu    sync.Mutex
	tally tally
	dice  dice
	lines block
	ring  ring
	last  text
}

// light is what is known of links in a row.
type light struct {
	known bool
	osnr  float64 // dB at the end
	power float64 // dBm of the weakest link
}

// proof asks whether a reading is as it was when it was signed.
type proof struct {
	link      int
	what      signed
	signature signature
}

func newPerformance(seed uint64) *performance {
	return &performance{seed: seed, plan: optical.NSFNET()}
}

func (p *performance) name() string { return performanceMonitoring }

func (p *performance) regionBytes() int {
	return tallyBytes(performanceCounters) + diceBytes + len(p.plan.Links)*lineBytes + ringBytes + performanceTextBytes
}

func (p *performance) operations() []operation {
	return []operation{
		serve(readPower, p.read),
		serve(powerSummary, func(struct{}) summary { return p.summarize() }),
	}
}

func (p *performance) settle(memory block) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.names = performanceCounters
	p.tally.block, memory = memory.cut(tallyBytes(performanceCounters))
	p.dice.block, memory = memory.cut(diceBytes)
	p.lines, memory = memory.cut(len(p.plan.Links) * lineBytes)
	p.ring.block, memory = memory.cut(ringBytes)
	p.last.block, _ = memory.cut(performanceTextBytes)
	p.dice.setUint64(0, p.seed)
	for i, link := range p.plan.Links {
		p.line(i).setFloat(0, optical.NominalOSNR(link.Kilometres))
	}
	return nil
}

func (p *performance) step(c caller, now time.Time) {
	for link := range p.plan.Links {
		r := p.measure(link, now)
		r.signature, _ = ask[signature](c, keyStore, signReading, claimToSign{link, r.toSign()})
		p.store(r)
		if c.Send(opticalPower, sample{uint64(link), r.sequence, r.power, r.osnr}.message()) {
			p.count(samplesSent)
		}
	}
	p.audit(c)
}

// audit has one reading of the ring verified. One that was signed with a key
// that is gone by now proves nothing.
func (p *performance) audit(c caller) {
	r, ok := p.pick()
	if !ok {
		return
	}
	switch verdict, _ := ask[verdict](c, keyStore, verifyReading, proof{r.link, r.toSign(), r.signature}); verdict {
	case genuine:
		p.count(readingsVerified)
	case forged:
		p.count(readingsRejected)
	case unknowable:
	}
}

func (p *performance) report() report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return report{work: p.tally.counts(), last: p.last.get()}
}

// measure returns a reading that has no sequence number and no signature yet.
// Its sequence number, which the signature covers, is the next one: the loop
// is the only writer of the ring.
func (p *performance) measure(link int, now time.Time) reading {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.line(link)
	drift := (1-driftPull)*line.float(8) + driftStray*p.dice.normal()
	line.setFloat(8, drift)
	return reading{
		sequence: p.ring.written() + 1,
		time:     now,
		link:     link,
		power:    drift + powerNoise*p.dice.normal(),
		osnr:     line.float(0) + drift + osnrNoise*p.dice.normal(),
	}
}

func (p *performance) store(r reading) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(r.link).setUint64(16, p.ring.add(r))
	p.tally.add(readingsTaken)
	if r.signature.generation != 0 {
		p.tally.add(readingsSigned)
	} else {
		p.tally.add(readingsUnsigned)
	}
	link := p.plan.Links[r.link]
	p.last.set(fmt.Sprintf("%s-%s: %+.2f dBm, OSNR %.1f dB, reading %d, %s",
		p.plan.Nodes[link.A], p.plan.Nodes[link.B], r.power, r.osnr, r.sequence, r.signature))
}

// String tells whether there is a signature.
func (s signature) String() string {
	if s.generation == 0 {
		return "not signed"
	}
	return fmt.Sprintf("signed %x...", s.tag[:4])
}

// pick returns a signed reading out of those of the last turns.
func (p *performance) pick() (reading, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	back := uint64(p.dice.below(2 * len(p.plan.Links)))
	if written := p.ring.written(); back < written {
		r, ok := p.ring.find(written - back)
		return r, ok && r.signature.generation != 0
	}
	return reading{}, false
}

// read returns the light at the end of links in a row.
func (p *performance) read(links []int) light {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(powerServed)
	osnr := make([]float64, 0, len(links))
	weakest := math.Inf(1)
	for _, link := range links {
		r, ok := p.latest(link)
		if !ok {
			return light{}
		}
		osnr = append(osnr, r.osnr)
		weakest = min(weakest, r.power)
	}
	return light{known: len(links) > 0, osnr: optical.CombineOSNR(osnr), power: weakest}
}

// latest returns false for links that are not there.
func (p *performance) latest(link int) (reading, bool) {
	if link < 0 || link >= len(p.plan.Links) {
		return reading{}, false
	}
	return p.ring.find(p.line(link).uint64(16))
}

// summary is the state of all links in few numbers.
type summary struct {
	readings  uint64
	links     int // that were measured
	worst     string
	worstOSNR float64 // dB
	meanPower float64 // dBm
}

func (p *performance) summarize() summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := summary{readings: p.ring.written(), worstOSNR: math.Inf(1)}
	for i, link := range p.plan.Links {
		r, ok := p.latest(i)
		if !ok {
			continue
		}
		s.links++
		s.meanPower += (r.power - s.meanPower) / float64(s.links)
		if r.osnr < s.worstOSNR {
			s.worst, s.worstOSNR = p.plan.Nodes[link.A]+"-"+p.plan.Nodes[link.B], r.osnr
		}
	}
	return s
}

func (p *performance) count(counter int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(counter)
}

func (p *performance) line(link int) block { return p.lines.slice(link*lineBytes, lineBytes) }
