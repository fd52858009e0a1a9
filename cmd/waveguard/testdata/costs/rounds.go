package main

import (
	"fmt"
	"slices"
	"time"
)

// pace says how long a run takes. Many short rounds tell more than a few long ones where others
// want the processor too: most of them are not interrupted.
type pace struct {
	rounds  int
	round   time.Duration // each figure of a round
	loads   int           // rounds of the demonstration's work
	demands map[int]int   // in each, by their rate
	stretch time.Duration // of idleness that is watched
}

var (
	thorough = pace{
		rounds: 101, round: 2 * time.Millisecond,
		loads: 75, demands: map[int]int{0: 50, 10_000: 50, 1000: 20},
		stretch: 10 * time.Second,
	}
	hasty = pace{
		rounds: 9, round: 2 * time.Millisecond,
		loads: 5, demands: map[int]int{0: 50, 10_000: 50, 1000: 20},
		stretch: time.Second,
	}
)

// cell is one figure: what does n calls and says how long they took.
type cell struct {
	run func(n int) (time.Duration, error)

	calls   int       // of each round
	samples []float64 // nanoseconds of a call, by round
}

// measure goes through the cells in turn, once a round.
func (p pace) measure(cells []*cell) error {
	for _, c := range cells {
		if err := c.calibrate(p.round); err != nil {
			return err
		}
	}
	for range p.rounds {
		for _, c := range cells {
			if _, err := c.run(1 + c.calls/2); err != nil { // to be warm, processors too
				return err
			}
			took, err := c.run(c.calls)
			if err != nil {
				return err
			}
			c.samples = append(c.samples, float64(took.Nanoseconds())/float64(c.calls))
		}
	}
	return nil
}

// calibrate finds how many calls take about that long.
func (c *cell) calibrate(want time.Duration) error {
	for c.calls = 16; ; c.calls *= 2 {
		took, err := c.run(c.calls)
		if err != nil {
			return err
		}
		if took > want/2 {
			return nil
		}
		if c.calls > 1<<30 {
			return fmt.Errorf("%d calls took %v: nothing happens", c.calls, took)
		}
	}
}

// median returns the middle figure, in nanoseconds a call.
func (c *cell) median() float64 { return median(c.samples) }

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
