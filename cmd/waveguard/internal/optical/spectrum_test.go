package optical

import (
	"maps"
	"slices"
	"testing"
)

// model is a spectrum as anybody would write it first.
type model map[place]uint32

type place struct{ link, channel int }

func (m model) assign(lightpath uint32, links []int) (int, bool) {
	for channel := range Channels {
		if slices.ContainsFunc(links, func(l int) bool { return m[place{l, channel}] != 0 }) {
			continue
		}
		for _, link := range links {
			m[place{link, channel}] = lightpath
		}
		return channel, true
	}
	return 0, false
}

func (m model) release(lightpath uint32) int {
	before := len(m)
	maps.DeleteFunc(m, func(_ place, owner uint32) bool { return owner == lightpath })
	return before - len(m)
}

// FuzzSpectrum plays assignments and releases, two bytes each, and compares
// with the model after each of them.
func FuzzSpectrum(f *testing.F) {
	f.Add([]byte{1, 0b111, 2, 0b101, 0x81, 0, 3, 0b111})
	f.Add(slices.Repeat([]byte{1, 1}, 90))
	f.Fuzz(func(t *testing.T, script []byte) {
		const links = 4
		spectrum, err := OpenSpectrum(make([]byte, SpectrumBytes(links)), links)
		if err != nil {
			t.Fatal(err)
		}
		want := model{}
		for step := 0; step+1 < min(len(script), 400); step += 2 {
			lightpath := uint32(step + 1)
			if release := script[step]; release&0x80 != 0 {
				lightpath = uint32(release & 0x7f)
				if lightpath == 0 {
					continue
				}
				if got, freed := spectrum.Release(lightpath), want.release(lightpath); got != freed {
					t.Fatalf("released %d links, want %d", got, freed)
				}
				continue
			}
			var route []int
			for link := range links {
				if script[step+1]>>link&1 != 0 {
					route = append(route, link)
				}
			}
			channel, ok := spectrum.Assign(lightpath, route)
			wantChannel, wantOK := want.assign(lightpath, route)
			if channel != wantChannel || ok != wantOK {
				t.Fatalf("assigned %d, %v; want %d, %v", channel, ok, wantChannel, wantOK)
			}
		}
		compare(t, spectrum, want)
	})
}

func compare(t *testing.T, spectrum Spectrum, want model) {
	t.Helper()
	for link := range spectrum.Links() {
		for channel := range Channels {
			got, lightpath := spectrum.Lightpath(link, channel), want[place{link, channel}]
			if got != lightpath {
				t.Fatalf("link %d channel %d belongs to %d, want %d", link, channel, got, lightpath)
			}
		}
	}
	if got := spectrum.Used(); got != len(want) {
		t.Errorf("%d channels in use, want %d", got, len(want))
	}
}

func TestSpectrumBlocks(t *testing.T) {
	spectrum, err := OpenSpectrum(make([]byte, SpectrumBytes(2)), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range Channels {
		if channel, ok := spectrum.Assign(uint32(i+1), []int{0}); !ok || channel != i {
			t.Fatalf("lightpath %d got channel %d, %v", i+1, channel, ok)
		}
	}
	before := spectrum.Used()
	if _, ok := spectrum.Assign(1000, []int{1, 0}); ok {
		t.Error("assigned a channel of a full link")
	}
	if got := spectrum.Used(); got != before {
		t.Errorf("a blocked lightpath took %d channels", got-before)
	}
	if got := spectrum.Release(41); got != 1 {
		t.Fatalf("released %d links", got)
	}
	if channel, ok := spectrum.Assign(1000, []int{1, 0}); !ok || channel != 40 {
		t.Errorf("got channel %d, %v; want the only one free on both, 40", channel, ok)
	}
}

func TestFrequency(t *testing.T) {
	if got := Frequency(20); got < 193.0999 || got > 193.1001 {
		t.Errorf("channel 20 is at %v THz, want the grid's anchor", got)
	}
}
