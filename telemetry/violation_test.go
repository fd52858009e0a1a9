package telemetry_test

import (
	"context"
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// published is a publisher that keeps what it is given.
type published chan *tree.Container

func (p published) Publish(_ time.Time, content *tree.Container) { p <- content }

// leafs are those of a full violation, all valid.
var leafs = map[string]string{
	"kind": "mpk-security-types:protection-key-fault", "severity": "SEVERE", "service": "s",
	"source-domain": "a", "target-domain": "b", "operation": "derive-key", "channel": "samples", "process-id": "4711", "thread-id": "4712",
	"address": "7f:00:12:34:56:78:ab:cd", "occurrences": "3", "outcome": "TOLERATED", "isolation-strength": "HARDWARE_REGION",
}

// publish returns the notification of a violation with these leafs.
func publish(t *testing.T, leafs map[string]string) *tree.Container {
	t.Helper()
	out := make(published, 1)
	n, err := telemetry.NewNotifier(viewtest.Set(t), out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in := make(chan telemetry.Violation, 1)
	in <- telemetry.Violation{Time: time.Now(), Leafs: leafs}
	go n.Run(ctx, in)
	return <-out
}

// read returns the leafs of a notification; each must be a value of its type,
// and mandatory ones must be there.
func read(t *testing.T, c *tree.Container) map[string]string {
	t.Helper()
	if c.Schema().Name != "violation" || c.Schema().Module.Name != "mpk-security-telemetry" {
		t.Errorf("the notification is a %s", c.Schema().Path())
	}
	got := map[string]string{}
	for n := range c.Children() {
		leaf := n.(*tree.Leaf)
		got[leaf.Schema().Name] = viewtest.Value(t, leaf.Schema(), leaf.Value().String()).String()
	}
	for _, s := range c.Schema().DataChildren {
		if s.Mandatory && got[s.Name] == "" {
			t.Errorf("the notification lacks %s", s.Name)
		}
	}
	return got
}

func TestNotificationSaysItAll(t *testing.T) {
	got := read(t, publish(t, leafs))
	if !maps.Equal(got, leafs) {
		t.Errorf("the notification has %v, want %v", got, leafs)
	}
	for _, s := range publish(t, leafs).Schema().DataChildren {
		if leafs[s.Name] == "" {
			t.Errorf("the model has %s, of which the test says nothing", s.Name)
		}
	}
}

// TestNotificationIsValid: whatever a process calls itself, subscribers get
// what the model admits.
func TestNotificationIsValid(t *testing.T) {
	for name, value := range map[string]string{
		"service": "Not A Service", "operation": "derive key; drop", "channel": "No Channel", "source-domain": "", "address": "7f0012",
		"process-id": "-1", "thread-id": "4294967296", "occurrences": "0", "outcome": "GONE", "isolation-strength": "GREAT",
	} {
		bad, want := maps.Clone(leafs), maps.Clone(leafs)
		bad[name] = value
		delete(want, name)
		if got := read(t, publish(t, bad)); !maps.Equal(got, want) {
			t.Errorf("with %s %q the notification has %v, want %v", name, value, got, want)
		}
	}
	few := map[string]string{"kind": leafs["kind"], "severity": "MINOR", "unknown": "x"}
	if got := read(t, publish(t, few)); len(got) != 2 {
		t.Errorf("the notification has %v", got)
	}
}

func TestNotifierNeedsTheModel(t *testing.T) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"x.yang": {Data: []byte(`module x { namespace "urn:x"; prefix x; }`)}}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := telemetry.NewNotifier(set, make(published)); err == nil {
		t.Error("no error")
	}
}
