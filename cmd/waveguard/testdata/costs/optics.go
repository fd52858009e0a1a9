package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

// control is a small optical control plane: path computation and wavelength assignment, wherever they run.
type control interface {
	compute(from, to int) ([]optical.Path, error)
	assign(lightpath uint32, links []int) (channel int, found bool, err error)
	release(lightpath uint32) (links int, err error)
}

const (
	alternatives = 3  // paths that a demand may choose from, as the demonstration has it
	lightpathsUp = 60 // at a time
)

// optics is both services as functions, on memory that it was given.
type optics struct {
	topology optical.Topology
	spectrum optical.Spectrum
	calls    uint64
}

func topologyBytes() int {
	plan := optical.NSFNET()
	return optical.TopologyBytes(len(plan.Nodes), len(plan.Links))
}

func spectrumBytes() int { return optical.SpectrumBytes(len(optical.NSFNET().Links)) }

func newOptics(topology, spectrum []byte) (o *optics, err error) {
	o = new(optics)
	var err1, err2 error
	o.topology, err1 = optical.WriteTopology(topology, optical.NSFNET())
	o.spectrum, err2 = optical.OpenSpectrum(spectrum, len(optical.NSFNET().Links))
	return o, errors.Join(err1, err2)
}

//go:noinline
func (o *optics) compute(from, to int) ([]optical.Path, error) {
	o.calls++
	return o.topology.ShortestPaths(from, to, alternatives), nil
}

//go:noinline
func (o *optics) assign(lightpath uint32, links []int) (int, bool, error) {
	o.calls++
	channel, found := o.spectrum.Assign(lightpath, links)
	return channel, found, nil
}

//go:noinline
func (o *optics) release(lightpath uint32) (int, error) {
	o.calls++
	return o.spectrum.Release(lightpath), nil
}

// operator asks for lightpaths, one after another, and takes the oldest down. What it asks for is
// always the same, so that the digests of all ways must agree.
type operator struct {
	control
	number uint32
	random uint64
	digest uint64
	calls  uint64
}

// demand asks for the next lightpath.
func (o *operator) demand() error {
	o.number++
	var r uint64
	r, o.random = optical.Next(o.random)
	from := int(r % 14)
	to := (from + 1 + int(r>>32%13)) % 14
	o.calls++
	paths, err := o.compute(from, to)
	if err != nil {
		return err
	}
	for _, p := range paths {
		o.calls++
		channel, found, err := o.assign(o.number, p.Links)
		if err != nil {
			return err
		}
		o.note(p.Kilometres, uint64(channel))
		if found {
			break
		}
	}
	if o.number <= lightpathsUp {
		return nil
	}
	o.calls++
	links, err := o.release(o.number - lightpathsUp)
	o.note(uint64(links), 0)
	return err
}

func (o *operator) note(a, b uint64) { _, o.digest = optical.Next(o.digest ^ a<<20 ^ b) }

// The operations, as they are called from another process: one byte, then the numbers.
const (
	opCompute = iota
	opAssign
	opRelease
)

// perform does an operation of another process and appends what came of it.
func (o *optics) perform(request, reply []byte) ([]byte, error) {
	if len(request) < 5 {
		return nil, fmt.Errorf("a request of %d bytes", len(request))
	}
	number := binary.LittleEndian.Uint32(request[1:])
	switch request[0] {
	case opCompute:
		paths, err := o.compute(int(number>>8), int(number&0xff))
		return appendPaths(reply, paths), err
	case opAssign:
		var links []int
		for _, link := range request[5:] {
			links = append(links, int(link))
		}
		channel, found, err := o.assign(number, links)
		if !found {
			channel = -1
		}
		return binary.LittleEndian.AppendUint32(reply, uint32(channel)), err
	default:
		links, err := o.release(number)
		return binary.LittleEndian.AppendUint32(reply, uint32(links)), err
	}
}

func appendPaths(to []byte, paths []optical.Path) []byte {
	to = append(to, byte(len(paths)))
	for _, p := range paths {
		to = binary.LittleEndian.AppendUint32(to, uint32(p.Kilometres))
		to = append(to, byte(len(p.Links)))
		for _, n := range p.Nodes {
			to = append(to, byte(n))
		}
		for _, l := range p.Links {
			to = append(to, byte(l))
		}
	}
	return to
}

var errReply = errors.New("the reply is cut off")

func parsePaths(from []byte) (paths []optical.Path, err error) {
	if len(from) == 0 {
		return nil, errReply
	}
	count := int(from[0])
	from = from[1:]
	for range count {
		if len(from) < 5 || len(from) < 6+2*int(from[4]) {
			return nil, errReply
		}
		p := optical.Path{Kilometres: uint64(binary.LittleEndian.Uint32(from))}
		hops := int(from[4])
		from = from[5:]
		p.Nodes, p.Links = make([]int, hops+1), make([]int, hops)
		for i := range p.Nodes {
			p.Nodes[i] = int(from[i])
		}
		for i := range p.Links {
			p.Links[i] = int(from[hops+1+i])
		}
		from = from[2*hops+1:]
		paths = append(paths, p)
	}
	return paths, nil
}
