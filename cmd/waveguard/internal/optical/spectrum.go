package optical

import (
	"encoding/binary"
	"fmt"
)

// Channels is the number of wavelengths on a link: the C band on the 50 GHz
// grid.
const Channels = 80

// Spectrum says which lightpath has which channel of each link: a uint32 per
// channel, links one after another, zero where the channel is free.
type Spectrum struct{ memory []byte }

// SpectrumBytes returns how much memory the spectrum of so many links takes.
func SpectrumBytes(links int) int { return links * Channels * 4 }

// OpenSpectrum returns the spectrum that lies in memory; all zeros is all
// free. It returns ErrLayout if memory is too small.
func OpenSpectrum(memory []byte, links int) (Spectrum, error) {
	if need := SpectrumBytes(links); len(memory) < need {
		return Spectrum{}, fmt.Errorf("spectrum of %d bytes in %d: %w", need, len(memory), ErrLayout)
	}
	return Spectrum{memory: memory[:SpectrumBytes(links)]}, nil
}

// Frequency returns the centre of a channel in THz.
//
// ITU-T G.694.1, section 6: 193.1 THz and multiples of 0.05 THz from it.
func Frequency(channel int) float64 { return 192.1 + 0.05*float64(channel) }

// Links returns the number of links.
func (s Spectrum) Links() int { return len(s.memory) / (Channels * 4) }

// Assign gives a lightpath the lowest channel that is free on every link it
// uses (first fit, the same wavelength throughout). It returns false, and
// changes nothing, if there is none.
//
// Preconditions: lightpath is not 0 and links exist.
func (s Spectrum) Assign(lightpath uint32, links []int) (channel int, ok bool) {
	for channel := range Channels {
		if s.free(channel, links) {
			for _, link := range links {
				binary.LittleEndian.PutUint32(s.cell(link, channel), lightpath)
			}
			return channel, true
		}
	}
	return 0, false
}

// Release frees the channels of a lightpath and returns on how many links it
// had one.
func (s Spectrum) Release(lightpath uint32) (links int) {
	for at := 0; at < len(s.memory); at += 4 {
		if binary.LittleEndian.Uint32(s.memory[at:]) == lightpath {
			binary.LittleEndian.PutUint32(s.memory[at:], 0)
			links++
		}
	}
	return links
}

// Lightpath returns who has a channel of a link, 0 if nobody.
func (s Spectrum) Lightpath(link, channel int) uint32 {
	return binary.LittleEndian.Uint32(s.cell(link, channel))
}

// Used returns how many channels are in use, over all links.
func (s Spectrum) Used() (channels int) {
	for at := 0; at < len(s.memory); at += 4 {
		if binary.LittleEndian.Uint32(s.memory[at:]) != 0 {
			channels++
		}
	}
	return channels
}

func (s Spectrum) free(channel int, links []int) bool {
	for _, link := range links {
		if s.Lightpath(link, channel) != 0 {
			return false
		}
	}
	return true
}

func (s Spectrum) cell(link, channel int) []byte {
	at := (link*Channels + channel) * 4
	return s.memory[at : at+4]
}
