package node

import (
	"fmt"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

const wavelengthTextBytes = 128

// What wavelength-assignment counts.
const (
	wavelengthsAssigned = iota
	wavelengthsReleased
	wavelengthsBlocked
)

var wavelengthCounters = []string{"assigned", "released", "blocked"}

// wavelengths is wavelength-assignment: it knows who has which channel.
type wavelengths struct {
	links int

	mu       sync.Mutex
	spectrum optical.Spectrum
	tally    tally
	last     text
}

// claim is what a lightpath wants along its links.
type claim struct {
	lightpath uint32
	links     []int
}

type assignment struct {
	channel int
	found   bool // a channel was free on all links
}

func newWavelengths() *wavelengths { return &wavelengths{links: len(optical.NSFNET().Links)} }

func (w *wavelengths) name() string { return wavelengthAssignment }

func (w *wavelengths) regionBytes() int {
	return tallyBytes(wavelengthCounters) + wavelengthTextBytes + optical.SpectrumBytes(w.links)
}

func (w *wavelengths) operations() []operation {
	return []operation{serve(assignWavelength, w.assign), serve(releaseWavelength, w.release)}
}

func (w *wavelengths) settle(memory block) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.names = wavelengthCounters
	w.tally.block, memory = memory.cut(tallyBytes(wavelengthCounters))
	w.last.block, memory = memory.cut(wavelengthTextBytes)
	w.spectrum, err = optical.OpenSpectrum(memory, w.links)
	return err
}

// step says how full the fibres are; all else happens when others call.
func (w *wavelengths) step(caller, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	used, all := w.spectrum.Used(), w.spectrum.Links()*optical.Channels
	w.last.set(fmt.Sprintf("%d of %d channels in use on %d links (%.1f %%)",
		used, all, w.spectrum.Links(), 100*float64(used)/float64(all)))
}

func (w *wavelengths) report() report {
	w.mu.Lock()
	defer w.mu.Unlock()
	work := w.tally.counts()
	work["channels-in-use"] = uint64(w.spectrum.Used())
	return report{work: work, last: w.last.get()}
}

// assign gives a lightpath nothing on links that are not there.
func (w *wavelengths) assign(c claim) assignment {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, link := range c.links {
		if link < 0 || link >= w.spectrum.Links() {
			return assignment{}
		}
	}
	channel, found := w.spectrum.Assign(c.lightpath, c.links)
	if found {
		w.tally.add(wavelengthsAssigned)
	} else {
		w.tally.add(wavelengthsBlocked)
	}
	return assignment{channel, found}
}

// release returns how many links had a channel of the lightpath.
func (w *wavelengths) release(lightpath uint32) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.add(wavelengthsReleased)
	return w.spectrum.Release(lightpath)
}
