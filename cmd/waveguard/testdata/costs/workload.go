package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// rates are those at which demands come, a second; 0 is one after another.
var rates = []int{0, 10_000, 1000}

// plant is one way to run the control plane, and the processes that do.
type plant struct {
	name, what, where string
	operator          *child
	parts             []*child

	demands int // so far
	digest  string
	calls   uint64
	cells   map[int]*load
	memory  memory
}

// load is what a plant showed at a rate, by round.
type load struct{ nanoseconds, cpu []float64 }

func (p *plant) processes() []int { return append(pids(p.parts), p.operator.pid()) }

// workload measures the demonstration's work done in several ways.
func (r *run) workload() error {
	plants, err := r.plants()
	if err != nil {
		return err
	}
	for round := range 1 + r.pace.loads { // the first is to warm up
		for _, rate := range rates {
			for _, p := range plants {
				if err := p.round(rate, r.pace.demands[rate], round > 0); err != nil {
					return fmt.Errorf("%s: %w", p.what, err)
				}
			}
		}
	}
	for _, p := range plants {
		if err := p.finish(r, plants[0]); err != nil {
			return fmt.Errorf("%s: %w", p.what, err)
		}
	}
	r.found.plants = plants
	return r.reportWorkload(plants)
}

func (r *run) plants() (all []*plant, err error) {
	add := func(name, what, where string, start func(*plant) error) {
		p := &plant{name: name, what: what, where: where, cells: map[int]*load{}}
		for _, rate := range rates {
			p.cells[rate] = new(load)
		}
		if err == nil {
			err = start(p)
		}
		all = append(all, p)
	}
	add("functions", "one process, function calls", oneThread, func(p *plant) error { return p.start(nil, "functions") })
	for _, path := range []string{"fast", "slow"} {
		add(path, "one process, three domains, "+path+" path ¹", oneThread, func(p *plant) error {
			return p.start(nil, path, r.socket, "NONE")
		})
	}
	for cores, where := range []string{oneCore, twoCores}[:min(2, r.cpus)] {
		add("stream", "three processes, Unix sockets", where, func(p *plant) error { return p.startStream(cores) })
		add("grpc", "three processes, gRPC on Unix sockets", where, func(p *plant) error { return p.startGRPC(r.dir, cores) })
	}
	return all, err
}

func (p *plant) start(files []*os.File, args ...string) (err error) {
	p.operator, err = spawn{role: "workload", args: args, cpu: 0, files: files}.start()
	return err
}

func (p *plant) startStream(cpu int) error {
	var near []*os.File
	for range 2 {
		here, there, err := link("stream")
		if err != nil {
			return err
		}
		defer closeFiles(here, there)
		near = append(near, here...)
		part, err := spawn{role: "part", args: []string{"stream"}, cpu: cpu, files: there}.start()
		if err != nil {
			return err
		}
		p.parts = append(p.parts, part)
	}
	return p.start(near, "stream")
}

func (p *plant) startGRPC(dir string, cpu int) error {
	args := []string{"grpc"}
	for i := range 2 {
		address := filepath.Join(dir, fmt.Sprintf("part%d%d", cpu, i))
		part, err := spawn{role: "part", args: []string{"grpc", address}, cpu: cpu}.start()
		if err != nil {
			return err
		}
		target, err := part.line()
		if err != nil {
			return err
		}
		p.parts, args = append(p.parts, part), append(args, target)
	}
	return p.start(nil, args...)
}

// round takes n demands at a rate.
func (p *plant) round(rate, n int, counts bool) error {
	before, err := usageOf(p.processes()...)
	if err != nil {
		return err
	}
	text, err := p.operator.ask("%d %d", rate, n)
	if err != nil {
		return err
	}
	after, err := usageOf(p.processes()...)
	if err != nil {
		return err
	}
	var ns float64
	if _, err := fmt.Sscan(text, &ns, &p.digest); err != nil {
		return fmt.Errorf("answer %q: %w", text, err)
	}
	p.demands += n
	if l := p.cells[rate]; counts {
		l.nanoseconds = append(l.nanoseconds, ns)
		l.cpu = append(l.cpu, float64(after.since(before).cpu.Nanoseconds())/float64(n))
	}
	return nil
}

// finish ends a plant, after requiring that it did the same work as another one, and that each call went where it should.
func (p *plant) finish(r *run, like *plant) error {
	if p.demands != like.demands || p.digest != like.digest {
		return fmt.Errorf("%d demands gave %s; function calls gave %s for %d", p.demands, p.digest, like.digest, like.demands)
	}
	text, err := p.operator.ask("count")
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(text, &p.calls); err != nil {
		return err
	}
	if p.memory, err = memoryOf(p.processes()...); err != nil {
		return err
	}
	if p.name == "fast" || p.name == "slow" {
		if err := p.confirm(r.daemon); err != nil {
			return err
		}
	}
	if err := p.operator.end(); err != nil {
		return err
	}
	return p.finishParts()
}

// confirm requires that the daemon has counted the calls: one to the paths for each demand.
func (p *plant) confirm(d *daemon) error {
	if err := d.confirm(p.name+"-operator", p.name+"-paths", uint64(p.demands)); err != nil {
		return err
	}
	return d.confirm(p.name+"-operator", p.name+"-wavelengths", p.calls-uint64(p.demands))
}

func (p *plant) finishParts() error {
	var calls uint64
	for _, part := range p.parts {
		if err := part.in.Close(); err != nil {
			return err
		}
		text, err := part.line()
		if err != nil {
			return err
		}
		var n uint64
		if _, err := fmt.Sscan(text, &n); err != nil {
			return fmt.Errorf("a part counted %q: %w", text, err)
		}
		calls += n
		if err := part.cmd.Wait(); err != nil {
			return err
		}
	}
	if len(p.parts) > 0 && calls != p.calls {
		return fmt.Errorf("%d calls were made, %d arrived", p.calls, calls)
	}
	return nil
}

func (r *run) reportWorkload(plants []*plant) error {
	t := &table{title: "The demonstration's work", head: []string{"how it runs", "where"}}
	for _, rate := range rates {
		if rate == 0 {
			t.head = append(t.head, "one demand, one after another", "processor time")
			continue
		}
		t.head = append(t.head, fmt.Sprintf("at %d/s", rate), "processor time")
	}
	for _, p := range plants {
		row := []string{p.what, p.where}
		for _, rate := range rates {
			row = append(row, besides(p.cells[rate].nanoseconds, plants[0].cells[rate].nanoseconds),
				besides(p.cells[rate].cpu, plants[0].cells[rate].cpu))
		}
		t.row(row...)
	}
	calls := float64(plants[0].calls) / float64(plants[0].demands)
	t.note("A demand is %d shortest paths on NSFNET, a wavelength, and the release of an old lightpath: %.1f calls. "+
		"All ways gave the same answers (digest %s after %d demands). Percentages are against function calls at the same rate; "+
		"processor time is of all processes together, and at a rate includes waking up for each demand. Below some percent is noise: "+
		"three gates are some tens of nanoseconds each, the garbage collector and where memory lies are more.", alternatives, calls, plants[0].digest, plants[0].demands)
	return t.write(r.out)
}

// besides writes a time and how much more it is than that of function calls in the same round.
func besides(ns, baseline []float64) string {
	if &ns[0] == &baseline[0] {
		return nanoseconds(median(ns))
	}
	return nanoseconds(median(ns)) + " (" + overhead(ratio(ns, baseline), 1) + ")"
}

// ratio returns how many times more a figure is than the baseline's of the same round.
func ratio(figures, baseline []float64) float64 {
	ratios := make([]float64, len(figures))
	for i := range figures {
		ratios[i] = figures[i] / baseline[i]
	}
	return median(ratios)
}
