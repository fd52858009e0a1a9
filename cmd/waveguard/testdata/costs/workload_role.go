package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// partRole is one service of a control plane whose services are processes: it answers what comes over its files, or
// by gRPC.
func partRole(args []string, out *answers) error {
	o, err := newOptics(make([]byte, topologyBytes()), make([]byte, spectrumBytes()))
	if err != nil {
		return err
	}
	if args[0] == "grpc" {
		return serveGRPC("unix", args[1], out, func(request []byte) []byte {
			reply, err := o.perform(request, nil)
			if err != nil {
				return nil // and so the client says
			}
			return reply
		})
	}
	out.say("ready")
	err = (&stream{in: readEnd, out: writeEnd}).serve(func(request, reply []byte) []byte {
		answer, err := o.perform(request, reply[:0])
		if err != nil {
			return nil
		}
		return answer
	})
	out.say("%d", o.calls)
	return err
}

// workloadRole is the operator. Its services are functions ("functions"), domains ("fast" or "slow", with the daemon's
// socket), processes ("stream", over its files), or processes with gRPC ("grpc", with two addresses). Its orders are "0 N",
// N demands one after another, and "RATE N", so many a second; answered with the nanoseconds of each and the digest. "count" is
// answered with the calls made.
func workloadRole(args []string, out *answers) error {
	work, inside, err := newOperator(args)
	if err != nil {
		return err
	}
	return out.serve(func(order []string) (answer string, err error) {
		if order[0] == "count" {
			return fmt.Sprint(work.calls), nil
		}
		rate, err1 := strconv.Atoi(order[0])
		n, err2 := strconv.Atoi(order[1])
		if err1 != nil || err2 != nil {
			return "", fmt.Errorf("order %v", order)
		}
		err = inside(func() error {
			answer, err = work.take(rate, n)
			return err
		})
		return answer, err
	})
}

// newOperator returns an operator whose services run as the role's arguments say, and what
// its work must be done in.
func newOperator(args []string) (work *operator, inside func(func() error) error, err error) {
	work = new(operator)
	inside = func(f func() error) error { return f() }
	switch args[0] {
	case "functions":
		work.control, err = newOptics(make([]byte, topologyBytes()), make([]byte, spectrumBytes()))
	case "fast", "slow":
		work.control, inside, err = inDomains(args[1], args[2], args[0])
	case "stream":
		work.control = &distant{paths: overStream(readEnd), wavelengths: overStream(readEnd + 2)}
	case "grpc":
		work.control, err = overGRPC(args[1], args[2])
	default:
		err = fmt.Errorf("no way %q", args[0])
	}
	return work, inside, err
}

func inDomains(socket, backend, path string) (control, func(func() error) error, error) {
	host, g, err := openGated(socket, backend, path)
	if err != nil {
		return nil, nil, err
	}
	home := host.Service(path + "-operator")
	return g, func(f func() error) error {
		return home.Run(context.Background(), func(t *waveguard.Thread) error {
			g.thread = t
			return f()
		})
	}, nil
}

func overGRPC(pathsAt, wavelengthsAt string) (control, error) {
	paths, err1 := dialGRPC(pathsAt)
	wavelengths, err2 := dialGRPC(wavelengthsAt)
	return &distant{paths: paths, wavelengths: wavelengths}, errors.Join(err1, err2)
}

func overStream(fd int) func([]byte) ([]byte, error) {
	s := &stream{in: fd, out: fd + 1}
	return func(request []byte) ([]byte, error) {
		if err := s.send(request); err != nil {
			return nil, err
		}
		return s.receive()
	}
}

// take works through n demands, at a rate or without a pause.
func (o *operator) take(rate, n int) (string, error) {
	began := time.Now()
	if rate == 0 {
		for range n {
			if err := o.demand(); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d %d", time.Since(began).Nanoseconds()/int64(n), o.digest), nil
	}
	var took []float64
	for i := range n {
		if pause := time.Duration(i)*time.Second/time.Duration(rate) - time.Since(began); pause > 0 {
			sleep := unix.NsecToTimespec(pause.Nanoseconds())
			_ = unix.Nanosleep(&sleep, nil) // cut short by a signal, it is only earlier
		}
		start := time.Now()
		if err := o.demand(); err != nil {
			return "", err
		}
		took = append(took, float64(time.Since(start).Nanoseconds()))
	}
	return fmt.Sprintf("%.0f %d", median(took), o.digest), nil
}
