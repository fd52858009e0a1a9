package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/testdata/pkuvm/guest"
)

// Exit statuses of pkuvm itself, as timeout(1) has them.
const (
	statusTimeout = 124
	statusFailed  = 125
)

func main() {
	if guest.IsInit() {
		guest.Init()
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) (status int) {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		status, err = boot(o)
	}
	if s, ok := errors.AsType[stopped](err); ok {
		status = s.status()
	} else if err != nil {
		status = statusFailed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pkuvm:", err)
	}
	return status
}

// boot runs the virtual machine until it powers off or is stopped.
func boot(o options) (status int, err error) {
	ctx, cancel := stoppable(o)
	defer cancel()
	if o.fetch {
		_, err := getKernel(ctx, o)
		return 0, err
	}
	m, err := newMachine(ctx, o)
	if err != nil {
		return 0, err
	}
	defer m.initramfs.Close()
	s, err := m.run(ctx)
	if err == nil && s.Signal != 0 {
		fmt.Fprintf(os.Stderr, "pkuvm: %s was ended by %s (%v)\n", o.name(), unix.SignalName(s.Signal), s.Signal)
	}
	return s.Code(), err
}

// stopped is why a machine was stopped from outside: a signal, or the time limit.
type stopped struct {
	signal os.Signal
	reason string
}

func (s stopped) Error() string { return s.reason }

func (s stopped) status() int {
	if sig, ok := s.signal.(unix.Signal); ok {
		return 128 + int(sig)
	}
	return statusTimeout
}

// stoppable returns a context that ends with a stopped cause.
func stoppable(o options) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		s := <-signals
		stop(stopped{signal: s, reason: fmt.Sprintf("stopped by a signal: %v", s)})
	}()
	if o.timeout == 0 {
		return ctx, func() { stop(nil) }
	}
	expired := stopped{reason: fmt.Sprintf("%s did not end within %v (-timeout): the virtual machine was stopped", o.name(), o.timeout)}
	timed, cancel := context.WithTimeoutCause(ctx, o.timeout, expired)
	return timed, cancel
}
