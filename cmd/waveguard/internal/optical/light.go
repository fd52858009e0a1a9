package optical

import "math"

// What a link is made of, for the estimate of its OSNR: spans of equal length
// with an amplifier each, at 0 dBm a channel.
const (
	spanKilometres   = 80
	fibreLoss        = 0.2 // dB per km
	noiseFigure      = 5.0 // dB
	noiseFloor       = 58.0
	implementation   = 2.0 // dB, connectors and filters
	nominalChannelDB = 0.0 // dBm
)

// NominalOSNR returns the optical signal-to-noise ratio in dB, in 0.1 nm, at
// the end of a link of so many kilometres with each channel at 0 dBm.
func NominalOSNR(kilometres uint32) float64 {
	spans := math.Max(1, math.Ceil(float64(kilometres)/spanKilometres))
	spanLoss := fibreLoss * float64(kilometres) / spans
	return noiseFloor + nominalChannelDB - noiseFigure - spanLoss - 10*math.Log10(spans) - implementation
}

// CombineOSNR returns the OSNR in dB after links in a row: noise adds up.
func CombineOSNR(decibels []float64) float64 {
	var noise float64
	for _, d := range decibels {
		noise += math.Pow(10, -d/10)
	}
	return -10 * math.Log10(noise)
}
