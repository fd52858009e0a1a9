package waveguard_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// A service sends a reading to its consumers ten times a second. The other end, in this process or in
// another one, is in the example of Receiver.
func ExampleSender() {
	ctx := context.Background()
	host, err := waveguard.Attach(ctx, waveguard.Config{
		Socket: "/run/waveguard/attach.sock",
		Logger: slog.Default(), // says which channels are open, and why others are not
		Services: []waveguard.ServiceSpec{{
			Name:     "performance-monitoring",
			Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Producer}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	monitoring := host.Service("performance-monitoring")
	levels, err := monitoring.Sender("levels")
	if err != nil {
		log.Fatal(err)
	}
	err = monitoring.Run(ctx, func(t *waveguard.Thread) error {
		for microwatts := uint64(1); ; microwatts++ {
			m, err := levels.Loan(t, 8) // waits for room, and for the channel to be open
			if err != nil {
				return err
			}
			binary.BigEndian.PutUint64(m, microwatts)
			switch err := levels.Publish(t); {
			case errors.Is(err, waveguard.ErrNotOpen): // replaced meanwhile: the next goes into the new ring
			case err != nil:
				return err
			}
			if err := t.Outside(func() error { time.Sleep(100 * time.Millisecond); return nil }); err != nil {
				return err
			}
		}
	})
	log.Fatal(err)
}

// A service receives readings until its context ends.
func ExampleReceiver() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	host, err := waveguard.Attach(ctx, waveguard.Config{
		Socket: "/run/waveguard/attach.sock",
		Logger: slog.Default(),
		Services: []waveguard.ServiceSpec{{
			Name:     "dashboard",
			Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Consumer, Poll: 20 * time.Microsecond}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	dashboard := host.Service("dashboard")
	levels, err := dashboard.Receiver("levels")
	if err != nil {
		log.Fatal(err)
	}
	err = dashboard.Run(ctx, func(t *waveguard.Thread) error {
		for {
			m, err := levels.Receive(t) // the payload can be used until the next call
			var corrupted *waveguard.Corrupted
			switch {
			case errors.As(err, &corrupted):
				continue // it was skipped, counted and reported
			case err != nil:
				return err // the context has ended, or policy closes the channel
			case m.Lost > 0:
				fmt.Println(m.Lost, "readings were overwritten before they were taken")
			}
			if len(m.Payload) == 8 {
				fmt.Println(binary.BigEndian.Uint64(m.Payload), "µW")
			}
		}
	})
	fmt.Println(err)
}
