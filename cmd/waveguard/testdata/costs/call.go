package main

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// caller is a process that calls a function, and the same function through gates.
type caller struct {
	host    *waveguard.Host
	gates   map[string]*waveguard.Gate // by path
	service map[string]*service        // by path; "call" is that of the function
}

// callRole is given the daemon's socket and the backend. Its orders are "PATH PAYLOAD N", answered with
// nanoseconds; "count PATH", answered with the calls that arrived; and "spin PATH", which
// tells the thread and the function's address, and calls until the process is killed.
func callRole(args []string, out *answers) error {
	c, err := newCaller(args[0], args[1])
	if err != nil {
		return err
	}
	return out.serve(func(order []string) (string, error) {
		switch order[0] {
		case "count":
			return fmt.Sprint(c.service[order[1]].calls), nil
		case "spin":
			return "", c.spin(order[1], out)
		default:
			payload, err1 := strconv.Atoi(order[1])
			n, err2 := strconv.Atoi(order[2])
			if err1 != nil || err2 != nil {
				return "", fmt.Errorf("order %v", order)
			}
			took, err := c.time(order[0], newExchange(payload), n)
			return fmt.Sprint(took.Nanoseconds()), err
		}
	})
}

func backendNamed(name string) (mpk.Backend, error) {
	for _, kind := range []mpk.Kind{mpk.KindNone, mpk.KindMprotect, mpk.KindPKU} {
		if kind.String() == name {
			return mpk.Open(kind)
		}
	}
	return nil, fmt.Errorf("no backend %q", name)
}

func newCaller(socket, backend string) (*caller, error) {
	b, err := backendNamed(backend)
	if err != nil {
		return nil, err
	}
	c := &caller{gates: map[string]*waveguard.Gate{}, service: map[string]*service{"call": {memory: make([]byte, mostPayload)}}}
	config := waveguard.Config{Socket: socket, Backend: b, Services: []waveguard.ServiceSpec{{Name: "go-caller"}}}
	for _, path := range []string{"fast", "slow"} {
		c.service[path] = new(service)
		config.Services = append(config.Services, waveguard.ServiceSpec{
			Name: "go-" + path, Operations: []waveguard.Operation{{Name: "answer", Handler: c.handler(path)}},
		})
	}
	if c.host, err = waveguard.Attach(context.Background(), config); err != nil {
		return nil, err
	}
	for _, path := range []string{"fast", "slow"} {
		if c.gates[path], err = c.host.Gate("go-"+path, "answer"); err != nil {
			return nil, err
		}
		memory, err := c.host.Service("go-" + path).NewRegion(mostPayload)
		if err != nil {
			return nil, err
		}
		c.service[path].memory = memory.Bytes()
	}
	return c, nil
}

// handler returns what runs at the far end, in a form that the compiler cannot see through.
//
//go:noinline
func (c *caller) handler(path string) waveguard.Handler {
	s := c.service[path]
	return func(_ *waveguard.Thread, argument any) (any, error) {
		e := argument.(*exchange)
		s.answer(e.request, e.reply)
		return nil, nil
	}
}

func (c *caller) time(path string, e *exchange, n int) (took time.Duration, err error) {
	inside := c.host.Service("go-caller").Run(context.Background(), func(t *waveguard.Thread) error {
		began := time.Now()
		err = e.repeat(n, c.roundTrip(path, t))
		took = time.Since(began)
		return err
	})
	return took, inside
}

// roundTrip returns the way that calls take: without a gate a function is called that the compiler
// does not see, as a gate's handler is.
func (c *caller) roundTrip(path string, t *waveguard.Thread) func(*exchange) error {
	if path == "call" {
		handler := c.handler(path)
		return func(e *exchange) error {
			_, err := handler(nil, e)
			return err
		}
	}
	gate := c.gates[path]
	return func(e *exchange) error {
		_, err := t.Enter(gate, e)
		return err
	}
}

// spin calls for ever, with no payload. Another thread says so when it is under way: one that comes from a
// system call may have to wait for its turn.
func (c *caller) spin(path string, out *answers) error {
	return c.host.Service("go-caller").Run(context.Background(), func(t *waveguard.Thread) error {
		call, e := c.roundTrip(path, t), newExchange(0)
		thread := unix.Gettid()
		time.AfterFunc(50*time.Millisecond, func() { out.say("%d %d", thread, reflect.ValueOf(c.handler(path)).Pointer()) })
		for {
			if err := call(e); err != nil {
				return err
			}
		}
	})
}
