package appliance

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/yang/tree"
)

// engine shows enforcement to the datastore: changes of the tree become deltas
// of the typed view.
type engine struct{ *enforcement.Engine }

func (e engine) Prepare(ctx context.Context, c datastore.Change) (commit, abort func(), err error) {
	delta, err := view.New(c.New, c.Changes)
	if err != nil {
		return nil, nil, fmt.Errorf("read the configuration: %w", err)
	}
	return e.Engine.Prepare(ctx, delta)
}

// engines puts a change in force in several places: all prepare it, or none
// commits.
type engines []datastore.Engine

func (all engines) Prepare(ctx context.Context, c datastore.Change) (commit, abort func(), err error) {
	var commits, aborts []func()
	for _, e := range all {
		commit, abort, err := e.Prepare(ctx, c)
		if err != nil {
			each(aborts)()
			return nil, nil, err
		}
		commits, aborts = append(commits, commit), append(aborts, abort)
	}
	return each(commits), each(aborts), nil
}

func each(all []func()) func() {
	return func() {
		for _, f := range all {
			f()
		}
	}
}

// publisher shows the hub to telemetry.
type publisher struct{ *notify.Hub }

func (p publisher) Publish(at time.Time, content *tree.Container) {
	p.Hub.Publish(notify.Notification{Time: at, Content: content})
}

// violations shows the reports of enforcement to telemetry until ctx ends.
func violations(ctx context.Context, from <-chan enforcement.Violation) <-chan telemetry.Violation {
	to := make(chan telemetry.Violation)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case v := <-from:
				select {
				case to <- leafs(v):
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return to
}

var outcomes = map[wire.Outcome]string{wire.Stopped: "STOPPED", wire.Tolerated: "TOLERATED"}

// leafs names what a violation says as the notification does.
func leafs(v enforcement.Violation) telemetry.Violation {
	m := map[string]string{
		"kind":        "mpk-security-types:" + v.Kind.String(),
		"severity":    v.Severity.String(),
		"occurrences": strconv.FormatUint(uint64(v.Occurrences), 10),
		"outcome":     outcomes[v.Outcome],
	}
	set := func(name, value string) {
		if value != "" && value != "0" {
			m[name] = value
		}
	}
	set("service", v.Service)
	set("source-domain", v.Source)
	set("target-domain", v.Target)
	set("operation", v.Operation)
	set("channel", v.Channel)
	set("process-id", strconv.Itoa(v.PID))
	set("thread-id", strconv.FormatUint(uint64(v.ThreadID), 10))
	if v.Address != 0 {
		set("address", enforcement.HexString(v.Address))
	}
	if v.Source != "" {
		set("isolation-strength", v.Strength.String())
	}
	return telemetry.Violation{Time: v.Time, Leafs: m}
}
