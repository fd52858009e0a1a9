package node

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

const (
	alternatives  = 3    // paths that a demand may choose from
	requiredOSNR  = 13.0 // dB in 0.1 nm, for 100 Gbit/s QPSK with some margin
	lifetime      = 8 * time.Second
	pathTextBytes = 256
)

// What path-computation counts.
const (
	demandsSeen = iota
	pathsComputed
	lightpathsSetUp
	lightpathsReleased
	demandsBlocked
	demandsUnserved
)

var pathCounters = []string{
	"demands", "paths-computed", "lightpaths-set-up", "lightpaths-released", "demands-blocked", "demands-unserved",
}

// paths is path-computation: it serves random demands with lightpaths.
type paths struct {
	seed uint64
	plan optical.Plan

	mu       sync.Mutex
	topology optical.Topology
	tally    tally
	dice     dice
	numbers  block // the number last given to a lightpath, uint32
	table    lightpaths
	last     text
}

// demand asks for a lightpath between two nodes.
type demand struct{ from, to int }

// setup is one way to serve a demand.
type setup struct {
	number uint32
	path   optical.Path
	osnr   float64 // dB; 0 if nobody would say
}

func newPaths(seed uint64) *paths { return &paths{seed: seed, plan: optical.NSFNET()} }

func (p *paths) name() string { return pathComputation }

func (p *paths) regionBytes() int {
	return tallyBytes(pathCounters) + diceBytes + 8 + maxLightpaths*lightpathBytes + pathTextBytes +
		optical.TopologyBytes(len(p.plan.Nodes), len(p.plan.Links))
}

func (p *paths) operations() []operation {
	return []operation{
		serve(computePath, func(d demand) []optical.Path { return p.compute(d) }),
		serve(topologySummary, func(struct{}) network { return p.network() }),
	}
}

func (p *paths) settle(memory block) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.names = pathCounters
	p.tally.block, memory = memory.cut(tallyBytes(pathCounters))
	p.dice.block, memory = memory.cut(diceBytes)
	p.numbers, memory = memory.cut(8)
	p.table.block, memory = memory.cut(maxLightpaths * lightpathBytes)
	p.last.block, memory = memory.cut(pathTextBytes)
	p.dice.setUint64(0, p.seed)
	p.topology, err = optical.WriteTopology(memory, p.plan)
	return err
}

func (p *paths) step(c caller, now time.Time) {
	p.retire(c, now)
	p.admit(c, now)
}

// retire takes down what has expired. A lightpath whose wavelength can't be
// released stays, and so do those after it, until the next turn.
func (p *paths) retire(c caller, now time.Time) {
	for _, number := range p.expired(now) {
		if _, ok := ask[int](c, wavelengthAssignment, releaseWavelength, number); !ok {
			return
		}
		_, _ = ask[bool](c, keyStore, forgetKey, number)
		p.remove(number)
	}
}

// admit serves the next demand.
func (p *paths) admit(c caller, now time.Time) {
	d, number, room := p.nextDemand()
	if !room {
		p.count(demandsBlocked)
		return
	}
	for _, path := range p.compute(d) {
		s := setup{number: number, path: path}
		if light, ok := ask[light](c, performanceMonitoring, readPower, path.Links); ok && light.known {
			if s.osnr = light.osnr; s.osnr < requiredOSNR {
				continue
			}
		}
		channel, ok := ask[assignment](c, wavelengthAssignment, assignWavelength, claim{number, path.Links})
		if !ok {
			p.count(demandsUnserved)
			return
		}
		if channel.found {
			fingerprint, _ := ask[string](c, keyStore, deriveKey, claim{number, path.Links})
			p.setUp(s, channel.channel, fingerprint, now)
			return
		}
	}
	p.count(demandsBlocked)
}

func (p *paths) report() report {
	p.mu.Lock()
	defer p.mu.Unlock()
	work := p.tally.counts()
	work["lightpaths-up"] = p.table.up()
	return report{work: work, last: p.last.get()}
}

// nextDemand returns a demand, the number of its lightpath, and whether there
// is room in the table for one more.
func (p *paths) nextDemand() (d demand, number uint32, room bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(demandsSeen)
	number = p.numbers.uint32(0)%maxNumber + 1
	p.numbers.setUint32(0, number)
	from := p.dice.below(p.topology.Nodes())
	to := (from + 1 + p.dice.below(p.topology.Nodes()-1)) % p.topology.Nodes()
	return demand{from, to}, number, p.table.up() < maxLightpaths
}

// maxNumber is the last number of a lightpath before 1 comes again.
const maxNumber = 1<<32 - 2

// compute returns the best ways to serve a demand; none between nodes that
// are not there.
func (p *paths) compute(d demand) []optical.Path {
	p.mu.Lock()
	defer p.mu.Unlock()
	if min(d.from, d.to) < 0 || max(d.from, d.to) >= p.topology.Nodes() {
		return nil
	}
	found := p.topology.ShortestPaths(d.from, d.to, alternatives)
	for range found {
		p.tally.add(pathsComputed)
	}
	return found
}

func (p *paths) setUp(s setup, channel int, fingerprint string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	life := time.Duration(p.dice.exponential() * float64(lifetime))
	p.table.add(lightpath{number: s.number, channel: channel, expires: now.Add(life)})
	p.tally.add(lightpathsSetUp)
	p.last.set(p.describe(s, channel, fingerprint))
}

func (p *paths) describe(s setup, channel int, fingerprint string) string {
	names := make([]string, 0, len(s.path.Nodes))
	for _, node := range s.path.Nodes {
		names = append(names, p.topology.Name(node))
	}
	text := fmt.Sprintf("lightpath %d: %s, %d km, channel %d at %.2f THz",
		s.number, strings.Join(names, "-"), s.path.Kilometres, channel, optical.Frequency(channel))
	if s.osnr != 0 {
		text += fmt.Sprintf(", OSNR %.1f dB", s.osnr)
	}
	if fingerprint != "" {
		text += ", key " + fingerprint
	}
	return text
}

func (p *paths) expired(now time.Time) []uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.expired(now)
}

func (p *paths) remove(number uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.table.remove(number)
	p.tally.add(lightpathsReleased)
}

func (p *paths) count(counter int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(counter)
}

// network is a topology in numbers.
type network struct {
	nodes, links int
	kilometres   uint64
	lightpaths   uint64
}

func (p *paths) network() network {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := network{nodes: p.topology.Nodes(), links: p.topology.Links(), lightpaths: p.table.up()}
	for i := range n.links {
		n.kilometres += uint64(p.topology.Link(i).Kilometres)
	}
	return n
}
