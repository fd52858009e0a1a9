package waveguard_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
)

// consumerOf is set, to the daemon's socket, in the process that receives.
const consumerOf = "WAVEGUARD_TEST_CONSUMER_OF"

// messagesAcross is how many messages go from process to process.
const messagesAcross = 2000

// TestChannelBetweenProcesses: messages arrive in another process, which cannot write the ring.
func TestChannelBetweenProcesses(t *testing.T) {
	if socket := os.Getenv(consumerOf); socket != "" {
		consume(t, socket)
		return
	}
	n := startLevels(t, nil, 0)
	other := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestChannelBetweenProcesses$", "-test.v")
	other.Env = append(os.Environ(), consumerOf+"="+n.daemon.path)
	finished := make(chan error, 1)
	go func() {
		out, err := other.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w:\n%s", err, out)
		}
		finished <- err
	}()
	g, err := channel.NewGeneration(channel.Shape{Consumers: 1, Slots: 4, SlotSize: 64}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	n.first.open(t, g, fromKeyStore)
	n.daemon.session(1).offer(t, &wire.Channel{Role: wire.Consumer, Consumers: 1, Generation: 1}, g.ConsumerFiles(0))
	g.Activate(0, true)
	s := n.sender(t)
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		for i := range messagesAcross {
			if err := s.Send(th, fmt.Append(nil, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := <-finished; err != nil {
		t.Error(err)
	}
}

// consume is what the other process does.
func consume(t *testing.T, socket string) {
	host, err := waveguard.Attach(t.Context(), waveguard.Config{Socket: socket, Services: []waveguard.ServiceSpec{
		{Name: "key-store"},
		{Name: "monitoring"},
		{Name: "dashboard", Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Consumer}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	r, err := host.Service("dashboard").Receiver("levels")
	if err != nil {
		t.Fatal(err)
	}
	err = host.Service("dashboard").Run(t.Context(), func(th *waveguard.Thread) error {
		for i := range messagesAcross {
			m, err := r.Receive(th)
			if err != nil {
				return err
			}
			if string(m.Payload) != fmt.Sprint(i) || m.Lost != 0 {
				return fmt.Errorf("received %q, %d lost, want %d", m.Payload, m.Lost, i)
			}
			if i == messagesAcross-1 {
				page := uintptr(unsafe.Pointer(&m.Payload[0])) &^ uintptr(os.Getpagesize()-1)
				if _, _, errno := unix.Syscall(unix.SYS_MPROTECT, page, uintptr(os.Getpagesize()), unix.PROT_READ|unix.PROT_WRITE); errno != unix.EACCES {
					t.Errorf("make the ring writable: %v, want EACCES", errno)
				}
				m.Payload[0]++
			}
		}
		return nil
	})
	var fault *waveguard.Fault
	if !errors.As(err, &fault) {
		t.Errorf("write to the ring: %v, want a *Fault", err)
	}
}

// TestPKUChannelsOfManyDomains: domains without a key wait in channels; the memory of those that
// lost theirs is as closed as before, and comes back with its access.
func TestPKUChannelsOfManyDomains(t *testing.T) {
	needPKU(t)
	const domains = 20
	places := map[string]string{"source": "source"}
	config := waveguard.Config{Services: []waveguard.ServiceSpec{{
		Name: "source", Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Producer}},
	}}}
	for i := range domains {
		name := fmt.Sprint("sink-", i)
		places[name] = name
		config.Services = append(config.Services, waveguard.ServiceSpec{
			Name: name, Channels: []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Consumer}},
		})
	}
	d := startDaemon(t, places)
	d.publish(permitAll(domains + 1))
	config.Socket = d.path
	host, err := waveguard.Attach(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	first := d.session(0)
	g, err := channel.NewGeneration(channel.Shape{Consumers: domains, Slots: 4, SlotSize: 64, Integrity: channel.HMACSHA256}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for end := range domains + 1 {
		first.open(t, g, end)
	}
	n := &node{Host: host, daemon: d, first: first}
	done := make(chan error, domains)
	for i := range domains {
		name := fmt.Sprint("sink-", i)
		r := n.receiver(t, name)
		go func() {
			done <- host.Service(name).Run(t.Context(), func(th *waveguard.Thread) error {
				for want := range 50 {
					m, err := r.Receive(th)
					if err != nil || string(m.Payload) != fmt.Sprint(want) {
						return fmt.Errorf("%s received %q, %w; want %d", name, m.Payload, err, want)
					}
				}
				return nil
			})
		}()
	}
	s, err := host.Service("source").Sender("levels")
	if err != nil {
		t.Fatal(err)
	}
	n.run(t, "source", func(th *waveguard.Thread) error {
		for i := range 50 {
			if err := s.Send(th, fmt.Append(nil, i)); err != nil {
				return err
			}
		}
		return nil
	})
	for range domains {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	var slot []byte
	n.run(t, "source", func(th *waveguard.Thread) (err error) {
		if slot, err = s.Loan(th, 1); err != nil {
			return err
		}
		return s.Discard(th)
	})
	for i := range domains { // whichever key the source's had, and has now
		err := host.Service(fmt.Sprint("sink-", i)).Run(t.Context(), func(*waveguard.Thread) error {
			sink = slot[0]
			return nil
		})
		var fault *waveguard.Fault
		if !errors.As(err, &fault) {
			t.Errorf("sink-%d touched the memory of the source: %v", i, err)
		}
	}
}
