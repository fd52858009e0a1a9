package optical

import (
	"math"
	"testing"
)

func TestOSNR(t *testing.T) {
	short, long := NominalOSNR(300), NominalOSNR(2800)
	if short <= long || long < 15 || short > 40 {
		t.Errorf("OSNR of 300 km is %.1f dB, of 2800 km %.1f dB", short, long)
	}
	// Two equal noises are 3 dB more noise.
	if got := CombineOSNR([]float64{20, 20}); math.Abs(got-(20-10*math.Log10(2))) > 1e-9 {
		t.Errorf("20 dB twice in a row is %v dB", got)
	}
	if got := CombineOSNR([]float64{17}); math.Abs(got-17) > 1e-9 {
		t.Errorf("17 dB alone is %v dB", got)
	}
}

func TestNormal(t *testing.T) {
	var sum, squares float64
	const n = 20000
	state := uint64(1)
	for range n {
		var a, b uint64
		a, state = Next(state)
		b, state = Next(state)
		x := Normal(a, b)
		sum += x
		squares += x * x
	}
	mean, variance := sum/n, squares/n
	if math.Abs(mean) > 0.03 || math.Abs(variance-1) > 0.05 {
		t.Errorf("mean %v, variance %v; want 0 and 1", mean, variance)
	}
}

// The first numbers from state 0 are in the reference implementation's
// published test vectors.
func TestNext(t *testing.T) {
	number, state := Next(0)
	if number != 0xe220a8397b1dcdaf {
		t.Errorf("first number %#x", number)
	}
	if number, _ = Next(state); number != 0x6e789e6aa1b965f4 {
		t.Errorf("second number %#x", number)
	}
}
