package main

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// distant is a control plane whose services are two other processes.
type distant struct {
	paths, wavelengths func(request []byte) ([]byte, error)
	request            []byte
}

func (d *distant) ask(service func([]byte) ([]byte, error), op byte, number uint32, more []int) ([]byte, error) {
	d.request = binary.LittleEndian.AppendUint32(append(d.request[:0], op), number)
	for _, link := range more {
		d.request = append(d.request, byte(link))
	}
	return service(d.request)
}

func (d *distant) compute(from, to int) ([]optical.Path, error) {
	reply, err := d.ask(d.paths, opCompute, uint32(from<<8|to), nil)
	if err != nil {
		return nil, err
	}
	return parsePaths(reply)
}

func (d *distant) number(op byte, number uint32, more []int) (int32, error) {
	reply, err := d.ask(d.wavelengths, op, number, more)
	if err != nil {
		return 0, err
	}
	if len(reply) != 4 {
		return 0, errReply
	}
	return int32(binary.LittleEndian.Uint32(reply)), nil
}

func (d *distant) assign(lightpath uint32, links []int) (int, bool, error) {
	channel, err := d.number(opAssign, lightpath, links)
	return int(max(0, channel)), channel >= 0, err
}

func (d *distant) release(lightpath uint32) (int, error) {
	links, err := d.number(opRelease, lightpath, nil)
	return int(links), err
}

// gated is a control plane whose services are in domains of their own.
type gated struct {
	thread                          *waveguard.Thread
	computing, assigning, releasing *waveguard.Gate
}

type claim struct {
	lightpath uint32
	links     []int
}

type assignment struct {
	channel int
	found   bool
}

func (g *gated) compute(from, to int) ([]optical.Path, error) {
	paths, err := g.thread.Enter(g.computing, [2]int{from, to})
	if err != nil {
		return nil, err
	}
	return paths.([]optical.Path), nil
}

func (g *gated) assign(lightpath uint32, links []int) (int, bool, error) {
	a, err := g.thread.Enter(g.assigning, claim{lightpath, links})
	if err != nil {
		return 0, false, err
	}
	return a.(assignment).channel, a.(assignment).found, nil
}

func (g *gated) release(lightpath uint32) (int, error) {
	links, err := g.thread.Enter(g.releasing, lightpath)
	if err != nil {
		return 0, err
	}
	return links.(int), nil
}

// openGated attaches the three services whose names begin with path, which is that of their gates.
func openGated(socket, backend, path string) (*waveguard.Host, *gated, error) {
	b, err := backendNamed(backend)
	if err != nil {
		return nil, nil, err
	}
	var o *optics
	paths, wavelengths := path+"-paths", path+"-wavelengths"
	host, err := waveguard.Attach(context.Background(), waveguard.Config{
		Socket: socket, Backend: b, Services: []waveguard.ServiceSpec{
			{Name: path + "-operator"},
			{Name: paths, Operations: []waveguard.Operation{{Name: "compute", Handler: handle(func(ends [2]int) (any, error) {
				return o.compute(ends[0], ends[1])
			})}}},
			{Name: wavelengths, Operations: []waveguard.Operation{{Name: "assign", Handler: handle(func(c claim) (any, error) {
				channel, found, err := o.assign(c.lightpath, c.links)
				return assignment{channel, found}, err
			})}, {Name: "release", Handler: handle(func(lightpath uint32) (any, error) {
				return o.release(lightpath)
			})}}},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	topology, err1 := host.Service(paths).NewRegion(topologyBytes())
	spectrum, err2 := host.Service(wavelengths).NewRegion(spectrumBytes())
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, err
	}
	// No walls: this thread may write where it is not.
	if o, err = newOptics(topology.Bytes(), spectrum.Bytes()); err != nil {
		return nil, nil, err
	}
	g := new(gated)
	g.computing, err = host.Gate(paths, "compute")
	g.assigning, err1 = host.Gate(wavelengths, "assign")
	g.releasing, err2 = host.Gate(wavelengths, "release")
	return host, g, errors.Join(err, err1, err2)
}

func handle[A any](f func(A) (any, error)) waveguard.Handler {
	return func(_ *waveguard.Thread, argument any) (any, error) { return f(argument.(A)) }
}
