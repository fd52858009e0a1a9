package optical

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// MaxNodes and MaxLinks bound a topology: sets of either are one word.
	MaxNodes = 64
	MaxLinks = 64

	nameBytes = 8
	linkBytes = 8
)

// ErrLayout reports memory that holds no topology, or is too small for one.
var ErrLayout = errors.New("memory does not hold what it should")

// Link joins two nodes, in both directions.
type Link struct {
	A, B       int    // indexes of nodes
	Kilometres uint32 // length of the fibre
}

// Plan is a network as people write it down. Names have at most 8 bytes.
type Plan struct {
	Nodes []string
	Links []Link
}

// Topology is a network laid out in memory: the counts of nodes and links as
// uint32 each; then per node its name, 8 bytes, padded with zeros; then per
// link its ends as uint16 each and its length in kilometres as uint32.
type Topology struct {
	memory       []byte
	nodes, links int
}

// TopologyBytes returns how much memory a network takes.
func TopologyBytes(nodes, links int) int { return 8 + nodes*nameBytes + links*linkBytes }

// WriteTopology lays p out in memory. It returns ErrLayout if memory is too
// small, or says what is wrong with p.
func WriteTopology(memory []byte, p Plan) (Topology, error) {
	if err := p.check(); err != nil {
		return Topology{}, err
	}
	if need := TopologyBytes(len(p.Nodes), len(p.Links)); len(memory) < need {
		return Topology{}, fmt.Errorf("topology of %d bytes in %d: %w", need, len(memory), ErrLayout)
	}
	binary.LittleEndian.PutUint32(memory, uint32(len(p.Nodes)))
	binary.LittleEndian.PutUint32(memory[4:], uint32(len(p.Links)))
	t := Topology{memory: memory, nodes: len(p.Nodes), links: len(p.Links)}
	for i, name := range p.Nodes {
		at := t.node(i)
		clear(at)
		copy(at, name)
	}
	for i, link := range p.Links {
		at := t.link(i)
		binary.LittleEndian.PutUint16(at, uint16(link.A))
		binary.LittleEndian.PutUint16(at[2:], uint16(link.B))
		binary.LittleEndian.PutUint32(at[4:], link.Kilometres)
	}
	return t, nil
}

// OpenTopology finds a topology in memory that WriteTopology wrote to. It
// returns ErrLayout if there is none.
func OpenTopology(memory []byte) (Topology, error) {
	if len(memory) < 8 {
		return Topology{}, fmt.Errorf("open topology in %d bytes: %w", len(memory), ErrLayout)
	}
	nodes := binary.LittleEndian.Uint32(memory)
	links := binary.LittleEndian.Uint32(memory[4:])
	if nodes > MaxNodes || links > MaxLinks || len(memory) < TopologyBytes(int(nodes), int(links)) {
		return Topology{}, fmt.Errorf("open topology of %d nodes and %d links in %d bytes: %w", nodes, links, len(memory), ErrLayout)
	}
	t := Topology{memory: memory, nodes: int(nodes), links: int(links)}
	for i := range t.links {
		if link := t.Link(i); link.A >= t.nodes || link.B >= t.nodes || link.A == link.B {
			return Topology{}, fmt.Errorf("open topology: link %d joins nodes %d and %d of %d: %w", i, link.A, link.B, t.nodes, ErrLayout)
		}
	}
	return t, nil
}

// Nodes returns the number of nodes.
func (t Topology) Nodes() int { return t.nodes }

// Links returns the number of links.
func (t Topology) Links() int { return t.links }

// Name returns the name of a node.
func (t Topology) Name(node int) string {
	at := t.node(node)
	end := len(at)
	for end > 0 && at[end-1] == 0 {
		end--
	}
	return string(at[:end])
}

// Link returns a link.
func (t Topology) Link(index int) Link {
	at := t.link(index)
	return Link{
		A:          int(binary.LittleEndian.Uint16(at)),
		B:          int(binary.LittleEndian.Uint16(at[2:])),
		Kilometres: binary.LittleEndian.Uint32(at[4:]),
	}
}

func (t Topology) node(i int) []byte {
	at := 8 + i*nameBytes
	return t.memory[at : at+nameBytes]
}

func (t Topology) link(i int) []byte {
	at := 8 + t.nodes*nameBytes + i*linkBytes
	return t.memory[at : at+linkBytes]
}

func (p Plan) check() error {
	if len(p.Nodes) > MaxNodes || len(p.Links) > MaxLinks {
		return fmt.Errorf("plan has %d nodes and %d links, at most %d and %d", len(p.Nodes), len(p.Links), MaxNodes, MaxLinks)
	}
	for _, name := range p.Nodes {
		if len(name) > nameBytes {
			return fmt.Errorf("name %q of a node is longer than %d bytes", name, nameBytes)
		}
	}
	for i, link := range p.Links {
		if min(link.A, link.B) < 0 || max(link.A, link.B) >= len(p.Nodes) || link.A == link.B {
			return fmt.Errorf("link %d joins nodes %d and %d of %d", i, link.A, link.B, len(p.Nodes))
		}
	}
	return nil
}
