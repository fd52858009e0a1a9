package main

import "fmt"

// found is what sections leave for the comparison.
type found struct {
	plants     []*plant
	footprints map[string]*footprint // by language
	idle       []usage               // of Go, not attached and attached
	keys       []path                // counted with protection keys
}

// What publications say of one WRPKRU, in cycles (ERIM, USENIX Security 2019, as later
// work quotes it), and the clock at which this becomes time here.
const (
	leastCycles = 11
	mostCycles  = 260
	gigahertz   = 3.0
)

// comparison sets what was measured beside what the paper estimates in its Table III.
func (r *run) comparison() error {
	f := &r.found
	if f.plants == nil || f.footprints == nil || f.idle == nil {
		fmt.Fprintln(r.out, "The comparison with the paper's table needs workload, memory and idle.")
		return nil
	}
	t := &table{
		title: "Beside the paper's Table III",
		head:  []string{"over no isolation", "paper, MPK", "paper, VMs", "domains, fast path", "domains, slow path", "processes, Unix sockets", "processes, gRPC"},
	}
	t.row(append([]string{"latency of the demonstration's work, without WRPKRU", "+5 to 15 %", "+20 to 50 %"}, f.over(latencyOf)...)...)
	if least, most, known := f.wrpkruShare(); known {
		t.row("what its WRPKRUs add, calculated", "", "", fmt.Sprintf("+%.1f to %.1f %%", least, most), fmt.Sprintf("+%.1f to %.1f %%", least, most), "-", "-")
	}
	t.row(append([]string{"processor time of the same", "+3 to 10 %", "+10 to 30 %"}, f.over(cpuOf)...)...)
	t.row(append([]string{"memory of the same, all processes", "+3 to 8 %", "+40 to 60 %"}, f.over(memoryOfPlant)...)...)
	g, c := f.footprints["go"], f.footprints["c"]
	t.row(fmt.Sprintf("memory of %d services that do nothing, Go / C", together), "", "",
		overhead(g.many[together], g.single)+" / "+overhead(c.many[together], c.single), "the same",
		overhead(g.separate, g.single)+" / "+overhead(c.separate, c.single), "")
	t.row("processor time of an idle service", "", "",
		fmt.Sprintf("%.4f %% of one", percentOf(f.idle[1], r)), "the same", fmt.Sprintf("%.4f %% of one", percentOf(f.idle[0], r)), "")
	t.note("The paper's columns are estimates that it gives without a measurement. Ours are for %s, %s and are no property of gates alone: a "+
		"service that does less between two calls pays more for each. "+
		"The row on WRPKRU takes %d to %d cycles each from publications and a clock of %.0f GHz, for the number that the virtual machine counted.",
		"the work above, one demand after another", "all processes on one core,", leastCycles, mostCycles, gigahertz)
	return t.write(r.out)
}

func percentOf(u usage, r *run) float64 {
	return 100 * u.cpu.Seconds() / together / r.pace.stretch.Seconds()
}

func latencyOf(p *plant) []float64     { return p.cells[0].nanoseconds }
func cpuOf(p *plant) []float64         { return p.cells[0].cpu }
func memoryOfPlant(p *plant) []float64 { return []float64{p.memory.all()} }

// over returns what the plants on one core have more than the first.
func (f *found) over(figures func(*plant) []float64) (cells []string) {
	for _, p := range f.plants[1:] {
		if p.where != twoCores {
			cells = append(cells, overhead(ratio(figures(p), figures(f.plants[0])), 1))
		}
	}
	return cells
}

// wrpkruShare returns what the WRPKRUs of a demand's calls add to its time, in percent.
func (f *found) wrpkruShare() (least, most float64, known bool) {
	for _, p := range f.keys {
		if p.language == "go" && p.name == "fast" {
			first := f.plants[0]
			calls := float64(first.calls) / float64(first.demands)
			share := 100 * calls * float64(p.wrpkru) / gigahertz / median(first.cells[0].nanoseconds)
			return leastCycles * share, mostCycles * share, true
		}
	}
	return 0, 0, false
}
