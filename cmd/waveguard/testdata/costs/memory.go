package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
)

// together is how many services are compared in one process and in processes of their own.
const together = 16

// memory measures what domains, attachments and processes take.
func (r *run) memory() error {
	t := &table{
		title: "Memory",
		head:  []string{"what", "Go", "C"},
	}
	attachment, err := r.lookDaemon()
	if err != nil {
		return err
	}
	figures := map[string]*footprint{}
	for _, language := range []string{"go", "c"} {
		f, err := r.footprint(language)
		if err != nil {
			return err
		}
		figures[language] = f
	}
	r.found.footprints = figures
	rows := []struct {
		what string
		of   func(*footprint) string
	}{
		{"a process with one service, not attached", func(f *footprint) string { return kibibytes(f.bare) }},
		{"more when it is attached, its service in a domain", func(f *footprint) string { return kibibytes(f.attached - f.bare) }},
		{fmt.Sprintf("each further domain, 4 KiB of its own memory in it (2 to %d in a process)", together), func(f *footprint) string { return kibibytes(f.domain(together)) }},
		{fmt.Sprintf("each further domain, the same (%d to %d)", together+1, hosts), func(f *footprint) string {
			return kibibytes((f.many[hosts] - f.many[together]) / (hosts - together))
		}},
		{fmt.Sprintf("%d services in one process without walls", together), func(f *footprint) string { return kibibytes(f.single) }},
		{fmt.Sprintf("%d services in one process, %d domains", together, together), func(f *footprint) string {
			return kibibytes(f.many[together]) + " (" + overhead(f.many[together], f.single) + ")"
		}},
		{fmt.Sprintf("%d services in %d processes without walls", together, together), func(f *footprint) string {
			return kibibytes(f.separate) + " (" + overhead(f.separate, f.single) + ")"
		}},
	}
	for _, row := range rows {
		t.row(row.what, row.of(figures["go"]), row.of(figures["c"]))
	}
	t.row("the daemon, heap and stacks, for each attached process with one service", kibibytes(attachment), "the same")
	t.note("What a process has written, its part of what it shares (PSS), and page tables, without its program's file; each service has written 4 KiB once; medians of %d. "+
		"A domain in C has a stack for each thread that was inside, of which a page or two are there.", r.repeats())
	return t.write(r.out)
}

// repeats is how often memory is looked at.
func (r *run) repeats() int { return min(r.pace.rounds, 5) }

// footprint is the memory of one language's processes, in KiB.
type footprint struct {
	bare, attached   float64         // one service
	many             map[int]float64 // so many domains
	single, separate float64         // several services without walls
}

func (f *footprint) domain(n int) float64 { return (f.many[n] - f.attached) / float64(n-1) }

func (r *run) footprint(language string) (f *footprint, err error) {
	f = &footprint{many: map[int]float64{}}
	look := func(backend string, count int) (kib float64) {
		if err == nil {
			kib, err = r.look(language, backend, count)
		}
		return kib
	}
	f.bare = look(noWalls, 1)
	f.attached = look("NONE", 1)
	f.many[together] = look("NONE", together)
	f.many[hosts] = look("NONE", hosts)
	f.single = look(noWalls, together)
	if err != nil {
		return nil, err
	}
	f.separate, err = r.lookSeparate(language)
	return f, err
}

// look returns the memory of one process with so many services.
func (r *run) look(language, backend string, count int) (float64, error) {
	var all []float64
	for range r.repeats() {
		c, err := r.startHost(language, backend, 0, count)
		if err != nil {
			return 0, err
		}
		m, err := memoryOf(c.pid())
		if err != nil {
			return 0, err
		}
		all = append(all, m.all())
		if err := c.end(); err != nil {
			return 0, err
		}
	}
	return median(all), nil
}

// lookSeparate returns the memory of processes without walls, one a service.
func (r *run) lookSeparate(language string) (float64, error) {
	all, err := r.startHosts(language, noWalls, 0, together)
	if err != nil {
		return 0, err
	}
	m, err := memoryOf(pids(all)...)
	if err != nil {
		return 0, err
	}
	return m.all(), endAll(all...)
}

// lookDaemon returns what the daemon's enforcement needs for each attached process.
func (r *run) lookDaemon() (float64, error) {
	socket := filepath.Join(r.dir, "engine.sock")
	engine, err := spawn{role: "engine", args: []string{socket}, cpu: anyCPU}.start()
	if err != nil {
		return 0, err
	}
	var kib [2]float64
	var all []*child
	for i := range kib {
		text, err := engine.ask("memory")
		if err != nil {
			return 0, err
		}
		if _, err := fmt.Sscan(text, &kib[i]); err != nil {
			return 0, err
		}
		if i > 0 {
			break
		}
		for n := range hosts {
			c, err := spawn{role: "host", args: []string{socket, "NONE", fmt.Sprint(n), "1"}, cpu: anyCPU}.start()
			if err != nil {
				return 0, err
			}
			all = append(all, c)
		}
	}
	return (kib[1] - kib[0]) / hosts, endAll(append(all, engine)...)
}

// engineRole is the daemon's enforcement alone. Its order is "memory", answered with the KiB of heap and stacks in use.
func engineRole(args []string, out *answers) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := enforce(ctx, args[0]); err != nil {
		return err
	}
	return out.serve(func([]string) (string, error) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return fmt.Sprint(float64(m.HeapAlloc+m.StackInuse) / 1024), nil
	})
}
