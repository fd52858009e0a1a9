package mpk

import (
	"context"

	"github.com/optical-net/waveguard/enforcement/keys"
)

// noWalls gives regions and no protection: every thread touches everything.
type noWalls struct{}

func (noWalls) Kind() Kind         { return KindNone }
func (noWalls) Strength() Strength { return None }
func (noWalls) Keys() int          { return 0 }

func (n noWalls) NewDomain(name string, _ keys.Options) (*Domain, error) {
	return &Domain{name: name, wall: n}, nil
}

func (noWalls) NewThread() Thread { return noThread{} }

func (noWalls) protect(_ *Domain, r *Region) error { return r.open() }
func (noWalls) release(*Domain)                    {}

func (noWalls) change(*Domain, keys.Options) error { return nil }

// noThread is everywhere.
type noThread struct{}

func (noThread) Enter(context.Context, *Domain) error { return nil }
func (noThread) Leave() error                         { return nil }
func (noThread) Pause() error                         { return nil }
func (noThread) Resume() error                        { return nil }
