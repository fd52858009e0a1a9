package config_test

import (
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconftest"
)

// BenchmarkOpen is what every command does before its own work: learn the models from
// the appliance and compile them, on a session that is open.
func BenchmarkOpen(b *testing.B) {
	s := netconftest.Start(b)
	c, err := netconf.Dial(b.Context(), netconf.Config{Address: s.Address, User: "admin", Data: s.Data}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := config.Open(b.Context(), c.Session); err != nil {
			b.Fatal(err)
		}
	}
}
