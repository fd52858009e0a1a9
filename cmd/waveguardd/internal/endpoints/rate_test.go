package endpoints

import (
	"fmt"
	"net"
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	var r rate
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	admitted := func(host string, at time.Duration, tries int) (n int) {
		for port := range tries {
			if r.admit(&net.TCPAddr{IP: net.ParseIP(host), Port: 1000 + port}, 6, noon.Add(at)) {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		host string
		at   time.Duration
		want int
	}{
		{"192.0.2.1", 0, 6},
		{"192.0.2.1", 0, 0},
		{"192.0.2.2", 0, 6},
		{"192.0.2.1", 10 * time.Second, 1},
		{"192.0.2.1", 30 * time.Second, 2},
		{"192.0.2.1", time.Hour, 6},
		{"2001:db8::1", time.Hour, 6},
	} {
		if got := admitted(test.host, test.at, 10); got != test.want {
			t.Errorf("%s after %v: %d admitted, want %d", test.host, test.at, got, test.want)
		}
	}
	if !r.admit(&net.TCPAddr{IP: net.ParseIP("192.0.2.2")}, 0, noon) {
		t.Error("there is a bound though none is set")
	}
}

// TestRateForgets holds that many addresses do not take memory without end.
func TestRateForgets(t *testing.T) {
	var r rate
	now := time.Now()
	for i := range 3 * maxSources {
		r.admit(&net.TCPAddr{IP: net.ParseIP(fmt.Sprintf("2001:db8::%x", i%65536))}, 1, now)
		if len(r.buckets) > maxSources {
			t.Fatalf("%d addresses", len(r.buckets))
		}
	}
}
