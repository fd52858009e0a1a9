package waveguard_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

func TestNotOpen(t *testing.T) {
	n := startLevels(t, nil, 0)
	s, r := n.sender(t), n.receiver(t, "monitoring")
	try := func(want string) {
		t.Helper()
		matches := func(err error) bool {
			return errors.Is(err, waveguard.ErrNotOpen) && strings.Contains(err.Error(), want)
		}
		eventually(t, want, func() (ok bool) {
			n.run(t, "key-store", func(th *waveguard.Thread) error { ok = matches(s.TrySend(th, nil)); return nil })
			n.run(t, "monitoring", func(th *waveguard.Thread) error {
				_, err := r.TryReceive(th)
				ok = ok && matches(err)
				return nil
			})
			return ok
		})
	}
	try("waiting for the daemon")
	for _, code := range []wire.WithheldCode{wire.WithheldWaiting, wire.WithheldUnknown} {
		n.first.withhold(t, fromKeyStore, code)
		n.first.withhold(t, toMonitoring, code)
		try(code.String() + "): because the test wants it")
	}
	n.run(t, "key-store", func(th *waveguard.Thread) error { // does not wait for what does not come
		if err := s.Send(th, nil); !errors.Is(err, waveguard.ErrNotOpen) {
			t.Errorf("send: %v", err)
		}
		return nil
	})
	newRing(t, n.first, blocks, 1)
	n.send(t, 1)
	n.receive(t, "monitoring", 1)
	n.first.withhold(t, fromKeyStore, wire.WithheldService)
	n.first.withhold(t, toMonitoring, wire.WithheldService)
	try("out-of-service")
	if _, err := n.Service("monitoring").Sender("levels"); !errors.Is(err, waveguard.ErrNotHosted) {
		t.Errorf("an end that was not registered: %v", err)
	}
}

// TestChannelsAreLogged by name, with what the daemon says of them, and once.
func TestChannelsAreLogged(t *testing.T) {
	d := startDaemon(t, nodeDomains)
	d.publish(permitAll(nodeHosts))
	var said strings.Builder
	ends := []waveguard.ChannelSpec{{Name: "levels", Role: waveguard.Producer}}
	host, err := waveguard.Attach(t.Context(), waveguard.Config{
		Socket: d.path, Logger: slog.New(slog.NewTextHandler(&said, nil)),
		Services: []waveguard.ServiceSpec{{Name: "key-store", Channels: ends}, {Name: "monitoring"}, {Name: "dashboard"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.session(0).withhold(t, fromKeyStore, wire.WithheldUnknown)
	d.session(0).withhold(t, fromKeyStore, wire.WithheldUnknown)
	g, err := channel.NewGeneration(blocks, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	d.session(0).open(t, g, fromKeyStore)
	if err := host.Close(); err != nil { // nobody logs any more
		t.Fatal(err)
	}
	const denied = `level=WARN msg="a channel is not open" channel=levels role=producer service=key-store why="because the test wants it"`
	if strings.Count(said.String(), denied) != 1 || !strings.Contains(said.String(), `msg="a channel is open" channel=levels`) {
		t.Errorf("it logs\n%s", &said)
	}
}

// TestFirstMessages: a consumer that was told to wait for the producer has what that sent before its end was
// opened, one that came later has not.
func TestFirstMessages(t *testing.T) {
	n := startLevels(t, nil, 0)
	g, err := channel.NewGeneration(blocks, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	n.first.withhold(t, toMonitoring, wire.WithheldWaiting)
	n.first.open(t, g, fromKeyStore)
	n.send(t, 1)
	n.first.open(t, g, toMonitoring)
	n.first.open(t, g, toDashboard)
	n.send(t, 2)
	n.receive(t, "monitoring", 1, 2)
	n.receive(t, "dashboard", 2)
}

// TestChannelOpensWhileOthersWait for it.
func TestChannelOpensWhileOthersWait(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		var group sync.WaitGroup
		for _, service := range []string{"monitoring", "dashboard"} {
			group.Go(func() { n.receive(t, service, 1) })
		}
		newRing(t, n.first, blocks, 1)
		n.send(t, 1)
		group.Wait()
	})
}

// TestNewerRing: a generation takes the place of another, with nothing lost and nothing twice.
func TestNewerRing(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		old := newRing(t, n.first, blocks, 1)
		n.send(t, 0, 1)
		n.receive(t, "monitoring", 0)
		newer := newRing(t, n.first, blocks, 2)
		n.send(t, 2, 3)
		if got := old.Sent().Messages + 10*newer.Sent().Messages; got != 22 {
			t.Errorf("of the messages %d are in the rings", got)
		}
		old.End()
		n.receive(t, "monitoring", 1, 2, 3)
		n.receive(t, "dashboard", 0, 1, 2, 3)
		newer.End()
		newRing(t, n.first, blocks, 3)
		n.send(t, 4)
		n.receive(t, "monitoring", 4)
		n.receive(t, "dashboard", 4)
	})
}

// TestProducerWaitsForConsumersToFollow: they may open a newer ring later than it does.
func TestProducerWaitsForConsumersToFollow(t *testing.T) {
	n := startLevels(t, nil, 0)
	old := newRing(t, n.first, blocks, 1)
	n.send(t, 0)
	g, err := channel.NewGeneration(blocks, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	n.first.open(t, g, fromKeyStore)
	n.send(t, 1)
	if got := old.Sent().Messages; got != 2 {
		t.Errorf("%d messages are in the old ring, want both", got)
	}
	n.first.open(t, g, toMonitoring)
	n.send(t, 2, 3) // which fills the ring
	s := n.sender(t)
	n.run(t, "key-store", func(th *waveguard.Thread) error { // nor does one without room go on where nobody would wait for dashboard
		if err := s.TrySend(th, []byte{4}); !errors.Is(err, waveguard.ErrFull) {
			t.Errorf("send to a full ring: %v", err)
		}
		return nil
	})
	old.End() // it waits on
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		if err := s.TrySend(th, []byte{4}); !errors.Is(err, waveguard.ErrFull) {
			t.Errorf("send to a ring that ended: %v", err)
		}
		return nil
	})
	var group sync.WaitGroup
	group.Go(func() { n.send(t, 4) })
	n.first.open(t, g, toDashboard)
	group.Wait()
	n.receive(t, "dashboard", 0, 1, 2, 3, 4)
	n.receive(t, "monitoring", 0, 1, 2, 3, 4)
}

// TestChannelWithoutTheDaemon: messages pass, and the ring of the next daemon is used.
func TestChannelWithoutTheDaemon(t *testing.T) {
	n := startLevels(t, nil, 0)
	newRing(t, n.first, blocks, 1)
	n.daemon.kill()
	eventually(t, "the end of the attachment", func() bool { return !n.Status().Attached })
	n.send(t, 0, 1)
	n.receive(t, "monitoring", 0, 1)
	n.daemon.listen()
	second := n.daemon.session(1)
	if got := second.hello.Services[0].Channels; len(got) != 1 || got[0] != (wire.End{Role: wire.Producer, Channel: "levels"}) {
		t.Errorf("the key store announces %+v", got)
	}
	second.withhold(t, toMonitoring, wire.WithheldWaiting) // the old ring goes on
	n.send(t, 2)
	n.receive(t, "monitoring", 2)
	newRing(t, second, blocks, 2)
	n.send(t, 3, 4, 5, 6)
	n.receive(t, "monitoring", 3, 4, 5, 6)
	n.receive(t, "dashboard", 0, 1, 2, 3, 4, 5, 6)
}
