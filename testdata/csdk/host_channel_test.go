package csdk_test

import (
	"io"
	"testing"

	"github.com/optical-net/waveguard/enforcement/channel"
)

// TestCompartmentsHaveChannels: a compartment at the ends of two channels, in another process than the others.
func TestCompartmentsHaveChannels(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for order, status := range map[string]int{"end": 0, "wild": 5} {
			h := newHub(t)
			h.line("feed", channel.Shape{Slots: 4, SlotSize: 16}, "relay")
			h.line("echo", channel.Shape{Slots: 4, SlotSize: 16, Integrity: channel.HMACSHA256}, "vault")
			p := h.process(backend, front, "vault=consumer:echo")
			host := &hosted{process: &process{t: t, cmd: (&rig{t: t, path: h.path}).hostCommand(backend, "relay=feed.so")}}
			host.cmd.Stderr = io.MultiWriter(host, t.Output())
			if err := host.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = host.cmd.Process.Kill() })
			h.opens("feed")
			h.opens("echo")
			for _, word := range []string{"one", "two", "three"} {
				p.expect("front send feed 30000 "+word, "0")
				if got := p.do("vault receive echo 30000"); got[:min(len(got), 2+len(word))] != "0 "+word {
					t.Errorf("%q came back for %s", got, word)
				}
			}
			p.expect("front send feed 30000 "+order, "0")
			err := host.cmd.Wait()
			if got := host.cmd.ProcessState.ExitCode(); got != status {
				t.Errorf("%s: the host ended with %v, %v\n%s", order, got, err, host.said())
			}
			p.end()
		}
	})
}
