package optical

import "math"

// Next returns the number after state in a pseudo-random sequence, and the
// state after it. The state is one word, so that it can be kept anywhere; any
// value starts a sequence. Not for secrets.
//
// The generator is SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast
// Splittable Pseudorandom Number Generators", OOPSLA 2014.
func Next(state uint64) (number, after uint64) {
	after = state + 0x9e3779b97f4a7c15
	z := after
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31, after
}

// Uniform maps a random number to [0, 1).
func Uniform(number uint64) float64 { return float64(number>>11) / (1 << 53) }

// Normal maps two random numbers to one of the standard normal distribution
// (Box and Muller).
func Normal(a, b uint64) float64 {
	return math.Sqrt(-2*math.Log(1-Uniform(a))) * math.Cos(2*math.Pi*Uniform(b))
}
