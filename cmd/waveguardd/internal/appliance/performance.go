package appliance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/tree"
)

// openTelemetry makes the collector, which goes on with the bins of performance
// monitoring that were stored.
func (a *Appliance) openTelemetry() error {
	dir := filepath.Join(a.cfg.Dir, "performance")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of performance monitoring: %w", err)
	}
	a.bins = pm.New(pm.Config{Schema: a.schema, Storage: binFile(filepath.Join(dir, "bins")), Logger: a.cfg.Logger})
	a.collector = &telemetry.Collector{
		Source: source{a.engine, a.host}, Store: a.store, Schema: a.schema, Logger: a.cfg.Logger,
		Supervisor: telemetry.NewSupervisor(telemetry.Supervision{
			Schema: a.schema, Publisher: publisher{a.hub}, Bins: a.bins, Checks: a.checks(),
		}),
	}
	return nil
}

// checks are what can be wrong with the appliance itself.
func (a *Appliance) checks() []telemetry.Check {
	const room = "make room on the disk of the data folder, or replace it"
	return []telemetry.Check{
		{Cause: "configuration-not-stored", Action: room + "; then commit again", Probe: a.store.Stored},
		{Cause: "notifications-not-stored", Action: room, Probe: a.hub.Stored},
		{Cause: "performance-not-stored", Action: room, Probe: a.bins.Stored},
	}
}

// clearPM is the operation clear-pm.
func (a *Appliance) clearPM() netconf.Operation {
	return netconf.Operation{Node: a.schema.RPC("mpk-security-pm", "clear-pm"), Run: func(_ context.Context, c netconf.Call) (*tree.Container, error) {
		text := func(name string) string { v, _ := c.Input.Leaf(name); return v.String() }
		err := a.collector.ClearPM(pm.Selection{
			ResourceType: text("resource-type"), Resource: text("resource"),
			Granularity: text("granularity"), All: text("pm-type") == "ALL",
		})
		if errors.Is(err, pm.ErrNoMeasurement) {
			err = &tree.Error{Tag: tree.TagInvalidValue, Message: err.Error() + "; current-pm-list of performance-monitoring lists what is measured"}
		}
		return nil, err
	}}
}

// binFile is a file that is replaced as a whole.
type binFile string

// maxBinFile is far more than all histories take, in bytes.
const maxBinFile = 256 << 20

// Load implements pm.Storage. What is too big to be ours is not read into memory.
func (f binFile) Load() ([]byte, error) {
	info, err := os.Stat(string(f))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Size() > maxBinFile:
		return nil, fmt.Errorf("%s has %d bytes, more than the bins of any appliance", f, info.Size())
	}
	return os.ReadFile(string(f))
}

// Store implements pm.Storage. The file has its new name only once it is durable.
func (f binFile) Store(text []byte) error {
	next := string(f) + ".new"
	if err := writeDurably(next, text); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, string(f)); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(string(f)))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func writeDurably(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(file.Sync(), file.Close())
}
