package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// summarize writes a line on how it goes, and tells when the attachment comes
// or goes.
func (d *demonstration) summarize(ctx context.Context) {
	status, err := d.askNode(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.say(text.Warn, "%s  the node does not answer: %v", clock(), err)
		}
		return
	}
	if status.Attached != d.attached {
		d.attached = status.Attached
		d.tellAttachment(status)
	}
	d.say(text.Plain, "%s  %s", clock(), summary(status))
}

func (d *demonstration) tellAttachment(status *control.Status) {
	if status.Attached {
		d.say(text.Good, "%s  the services are attached to the daemon again, policy epoch %d", clock(), status.Epoch)
		return
	}
	d.say(text.Warn, "%s  the services lost the daemon and go on under the last policy", clock())
}

func clock() string { return time.Now().Format("15:04:05") }

// summary is the work of all services in one line.
func summary(s *control.Status) string {
	work := func(service, name string) uint64 {
		if found := s.Service(service); found != nil {
			return found.Work[name]
		}
		return 0
	}
	var refused, faults uint64
	for _, service := range s.Services {
		refused += service.Refused
		faults += service.Faults
	}
	attached := "attached"
	if !s.Attached {
		attached = "no daemon"
	}
	return fmt.Sprintf("paths %d  lightpaths up %d  blocked %d  readings %d (%d signed)  keys %d  |  refused calls %d  faults caught %d  |  %s, epoch %d",
		work("path-computation", "paths-computed"), work("path-computation", "lightpaths-up"),
		work("path-computation", "demands-blocked"), work("performance-monitoring", "readings"),
		work("performance-monitoring", "readings-signed"), work("key-store", "keys-derived"),
		refused, faults, attached, s.Epoch)
}
