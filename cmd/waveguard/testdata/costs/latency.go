package main

import (
	"fmt"
	"strconv"
	"time"
)

// payloads are the sizes of requests and replies, in bytes. Over a socket or pipe, one of
// none is the 4 bytes that say so.
var payloads = []int{0, 64, mostPayload}

// way is one way to call a service, with a figure for each payload.
type way struct {
	name  string
	where string
	cells []*cell
	calls uint64 // made so far
	ask   func(payload, n int) (string, error)
}

func newWay(name, where string, ask func(payload, n int) (string, error)) *way {
	w := &way{name: name, where: where, ask: ask}
	for _, payload := range payloads {
		w.cells = append(w.cells, &cell{run: func(n int) (time.Duration, error) { return w.run(payload, n) }})
	}
	return w
}

func (w *way) run(payload, n int) (time.Duration, error) {
	text, err := w.ask(payload, n)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", w.name, err)
	}
	ns, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: answer %q: %w", w.name, text, err)
	}
	w.calls += uint64(n)
	return time.Duration(ns), nil
}

// latency measures what one call costs.
func (r *run) latency() error {
	m := &latencies{run: r}
	if err := m.start(); err != nil {
		return err
	}
	var cells []*cell
	for _, w := range m.ways {
		cells = append(cells, w.cells...)
	}
	if err := r.pace.measure(cells); err != nil {
		return err
	}
	if err := m.finish(); err != nil {
		return err
	}
	return m.report()
}

// latencies are the ways that are compared, and the processes behind them.
type latencies struct {
	*run
	ways    []*way
	callers map[string]*child // by language
	pairs   map[*way]pair
}

// Where the two sides of a call run.
const (
	oneThread = "same thread"
	oneCore   = "one core"
	twoCores  = "two cores"
)

func (m *latencies) start() (err error) {
	m.callers, m.pairs = map[string]*child{}, map[*way]pair{}
	if m.callers["go"], err = (spawn{role: "call", args: []string{m.socket, "NONE"}, cpu: 0}).start(); err != nil {
		return err
	}
	if m.callers["c"], err = m.startC("gate", 0, m.socket, "none"); err != nil {
		return err
	}
	for _, language := range []string{"go", "c"} {
		for _, path := range []string{"call", "fast", "slow"} {
			ask := func(payload, n int) (string, error) { return m.callers[language].ask("%s %d %d", path, payload, n) }
			m.ways = append(m.ways, newWay(language+" "+path, oneThread, ask))
		}
	}
	for cores, where := range []string{oneCore, twoCores}[:min(2, m.cpus)] {
		for _, kind := range []string{"pipe", "stream", "seqpacket", "grpc-unix", "grpc-tcp"} {
			p, err := startPair(kind, m.dir, 0, cores)
			if err != nil {
				return err
			}
			w := newWay(kind, where, func(payload, n int) (string, error) { return p.client.ask("%d %d", payload, n) })
			m.pairs[w] = p
			m.ways = append(m.ways, w)
		}
	}
	return nil
}

// finish ends the processes and requires that every call arrived, and that the daemon sees those through gates.
func (m *latencies) finish() error {
	for _, w := range m.ways {
		p, remote := m.pairs[w]
		if remote {
			if err := p.end(w.calls); err != nil {
				return err
			}
			continue
		}
		order := fields(w.name)
		if order[1] != "call" {
			if err := m.daemon.confirm(order[0]+"-caller", order[0]+"-"+order[1], w.calls); err != nil {
				return err
			}
		}
		text, err := m.callers[order[0]].ask("count %s", order[1])
		if err != nil {
			return err
		}
		if text != fmt.Sprint(w.calls) {
			return fmt.Errorf("%s: %d calls were made, %s arrived", w.name, w.calls, text)
		}
	}
	return endAll(m.callers["go"], m.callers["c"])
}

var wayNames = map[string]string{
	"go call":   "function call, Go: no isolation",
	"go fast":   "gate, Go, fast path ¹",
	"go slow":   "gate, Go, slow path ¹",
	"c call":    "function call, C: no isolation",
	"c fast":    "gate, C, fast path ¹",
	"c slow":    "gate, C, slow path ¹",
	"pipe":      "two pipes",
	"stream":    "Unix socket, stream",
	"seqpacket": "Unix socket, packets",
	"grpc-unix": "gRPC, Unix socket",
	"grpc-tcp":  "gRPC, TCP on loopback",
}

func (m *latencies) report() error {
	t := &table{
		title: "One call",
		head:  []string{"way", "where the two sides are", "empty", "64 B each way", "4 KiB each way", "64 B, times the Go gate"},
	}
	var gate float64
	for _, w := range m.ways {
		if w.name == "go fast" {
			gate = w.cells[1].median()
		}
	}
	for _, w := range m.ways {
		row := []string{wayNames[w.name], w.where}
		for _, c := range w.cells {
			row = append(row, nanoseconds(c.median()))
		}
		t.row(append(row, times(w.cells[1].median()/gate))...)
	}
	t.note("Medians of %d rounds, all ways in turn in each. Everywhere the far side copies the request into memory of its own, "+
		"changes it, and the answer is copied back.", m.pace.rounds)
	t.note("¹ with the backend NONE: the whole path but what writes PKRU, see the instructions below.")
	return t.write(m.out)
}
