package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// A trespasser reads for this long, with a rest after each time: a wall of
// the MPROTECT backend has a gap whenever somebody is inside by right.
const (
	trespassTime = 50 * time.Millisecond
	trespassRest = 200 * time.Microsecond
)

// violate has a thread of source read target's memory, without a gate.
func (n *node) violate(ctx context.Context, source, target string) (*control.Violation, error) {
	from, err := n.find(source)
	if err != nil {
		return nil, err
	}
	to, err := n.find(target)
	if err != nil {
		return nil, err
	}
	trespasser, owner := n.host.Service(from.name()), n.host.Service(to.name())
	if trespasser.Domain() == owner.Domain() {
		return nil, fmt.Errorf("%s and %s both live in domain %s: there is no wall between them to violate",
			source, target, owner.Domain())
	}
	status := n.host.Status()
	v := &control.Violation{
		Source: source, Target: target,
		Backend: status.Backend.String(), Strength: status.Strength.String(),
	}
	err = n.trespass(ctx, trespasser, n.memory[target], &v.Reads)
	var fault *waveguard.Fault
	switch {
	case errors.As(err, &fault):
		n.journal.noteFault(source, fault)
		v.Caught, v.Address = true, fmt.Sprintf("%#x", fault.Address)
	case err != nil:
		return nil, err
	}
	return v, nil
}

// trespass reads memory on a thread of its own and counts how often it could.
func (n *node) trespass(ctx context.Context, s *waveguard.Service, memory []byte, reads *int) error {
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx, func(*waveguard.Thread) error {
			for began := time.Now(); time.Since(began) < trespassTime; time.Sleep(trespassRest) {
				touch(memory)
				*reads++
			}
			return nil
		})
	}()
	return <-done
}

// touch reads a byte; it is not inlined, so that the read is not left out.
//
//go:noinline
func touch(memory []byte) byte { return memory[len(memory)/2] }
