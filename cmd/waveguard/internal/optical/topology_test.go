package optical

import (
	"errors"
	"testing"
)

func TestTopologyRoundTrip(t *testing.T) {
	plan := NSFNET()
	memory := make([]byte, TopologyBytes(len(plan.Nodes), len(plan.Links))+3)
	for i := range memory {
		memory[i] = 0xff // what was there before must not shine through
	}
	if _, err := WriteTopology(memory, plan); err != nil {
		t.Fatal(err)
	}
	topology, err := OpenTopology(memory)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range plan.Nodes {
		if got := topology.Name(i); got != name {
			t.Errorf("node %d is %q, want %q", i, got, name)
		}
	}
	for i, link := range plan.Links {
		if got := topology.Link(i); got != link {
			t.Errorf("link %d is %v, want %v", i, got, link)
		}
	}
}

func TestWriteTopologyRefuses(t *testing.T) {
	two := []string{"a", "b"}
	for name, plan := range map[string]Plan{
		"a loop":           {Nodes: two, Links: []Link{{A: 1, B: 1}}},
		"an unknown node":  {Nodes: two, Links: []Link{{A: 0, B: 2}}},
		"a negative node":  {Nodes: two, Links: []Link{{A: -1, B: 1}}},
		"a long name":      {Nodes: []string{"much-too-long"}},
		"too many nodes":   {Nodes: make([]string, MaxNodes+1)},
		"too little space": {Nodes: make([]string, MaxNodes)},
	} {
		if _, err := WriteTopology(make([]byte, 128), plan); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzOpenTopology(f *testing.F) {
	plan := NSFNET()
	memory := make([]byte, TopologyBytes(len(plan.Nodes), len(plan.Links)))
	if _, err := WriteTopology(memory, plan); err != nil {
		f.Fatal(err)
	}
	f.Add(memory)
	f.Add([]byte{})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, memory []byte) {
		topology, err := OpenTopology(memory)
		if err != nil {
			if !errors.Is(err, ErrLayout) {
				t.Fatalf("error %v is not ErrLayout", err)
			}
			return
		}
		for i := range topology.Nodes() {
			_ = topology.Name(i)
		}
		if topology.Nodes() < 2 {
			return
		}
		for _, p := range topology.ShortestPaths(0, topology.Nodes()-1, 2) {
			checkPath(t, topology, p, 0, topology.Nodes()-1)
		}
	})
}
