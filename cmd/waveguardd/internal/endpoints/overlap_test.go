package endpoints

import (
	"net"
	"testing"
)

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string // hosts
		want bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"127.0.0.1", "", true},
		{"127.0.0.1", "0.0.0.0", true},
		{"127.0.0.1", "::", true},
		{"127.0.0.1", "::ffff:127.0.0.1", true},
		{"::1", "0:0:0:0:0:0:0:1", true},
		{"::1", "", true},
		{"::1", "::", true},
		{"::1", "0.0.0.0", false},
		{"", "", true},
		{"", "::", true},
		{"0.0.0.0", "::", true},
		{"fe80::1%eth0", "fe80::1%eth1", false},
	} {
		for _, hosts := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			if got := overlap(net.JoinHostPort(hosts[0], "830"), net.JoinHostPort(hosts[1], "830")); got != test.want {
				t.Errorf("%q and %q: %v", hosts[0], hosts[1], got)
			}
			if overlap(net.JoinHostPort(hosts[0], "830"), net.JoinHostPort(hosts[1], "831")) {
				t.Errorf("%q and %q overlap at different ports", hosts[0], hosts[1])
			}
			if overlap(net.JoinHostPort(hosts[0], "0"), net.JoinHostPort(hosts[1], "0")) {
				t.Errorf("%q and %q overlap at any ports", hosts[0], hosts[1])
			}
		}
	}
}
