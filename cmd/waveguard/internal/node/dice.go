package node

import (
	"math"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

// dice draws from a pseudo-random sequence whose state is in memory.
type dice struct{ block }

const diceBytes = 8

func (d dice) next() uint64 {
	number, after := optical.Next(d.uint64(0))
	d.setUint64(0, after)
	return number
}

// below returns one of 0 to n-1.
func (d dice) below(n int) int { return int(d.next() % uint64(n)) }

func (d dice) normal() float64 { return optical.Normal(d.next(), d.next()) }

// exponential has mean 1.
func (d dice) exponential() float64 { return -math.Log(1 - optical.Uniform(d.next())) }
