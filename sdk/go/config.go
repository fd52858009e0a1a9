package waveguard

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// Config says how to attach and what the process hosts.
type Config struct {
	Socket   string        // path of the daemon's attach socket
	Services []ServiceSpec // at least one

	// Logger receives what happens to the attachment and its channels; nil discards it.
	Logger *slog.Logger
	// OnViolation, if set, is called with every report made to the daemon,
	// one at a time, on a goroutine in no domain.
	OnViolation func(Violation)
	// Backend builds the walls; nil takes the strongest that works here.
	Backend mpk.Backend
}

// ServiceSpec describes a service. Its name must be one that the daemon's
// configuration knows and allows this process to claim.
type ServiceSpec struct {
	Name       string
	Operations []Operation // what other domains may call; at most 32 in a domain
	Channels   []ChannelSpec
}

// Operation is something that a service does for others.
type Operation struct {
	Name    string
	Handler Handler
}

// Handler serves one call of an operation, inside the domain of the service
// that registered it. The Thread is the caller's: with it the handler can go
// on to other services as its own domain is permitted. It is called from many
// threads at once.
type Handler func(t *Thread, arg any) (any, error)

func (c *Config) check() error {
	if len(c.Services) == 0 {
		return errors.New("no services to attach")
	}
	for _, s := range c.Services {
		for _, op := range s.Operations {
			if op.Handler == nil {
				return fmt.Errorf("operation %s of service %s has no handler", op.Name, s.Name)
			}
		}
		if err := checkChannels(s.Channels); err != nil {
			return fmt.Errorf("service %s: %w", s.Name, err)
		}
	}
	return nil
}

func (c *Config) backend() (mpk.Backend, error) {
	if c.Backend != nil {
		return c.Backend, nil
	}
	return mpk.Detect()
}

func (c *Config) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.New(slog.DiscardHandler)
}

// hello is what the process says of itself, at every attachment.
func (c *Config) hello(b mpk.Backend) wire.Hello {
	h := wire.Hello{ABI: page.ABI, Backend: b.Kind(), Strength: b.Strength(), Keys: uint8(b.Keys())}
	for _, s := range c.Services {
		service := wire.Service{Name: s.Name}
		for _, op := range s.Operations {
			service.Operations = append(service.Operations, op.Name)
		}
		for _, c := range s.Channels {
			service.Channels = append(service.Channels, wire.End{Role: c.Role, Channel: c.Name})
		}
		h.Services = append(h.Services, service)
	}
	return h
}
