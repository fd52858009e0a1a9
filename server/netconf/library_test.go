package netconf

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// TestStateIsValid holds that what the server tells of itself is what its
// modules say it is: leafrefs, mandatory leafs, keys.
func TestStateIsValid(t *testing.T) {
	r := newRig(t, Limits{})
	c := r.open("admin")
	c.rpc("<lock><target><running/></target></lock>")
	state := must(r.operational())(t)
	_, errs := validate.NewWithState(r.set).Check(nil, state)
	for _, err := range errs {
		// RFC 5277 models the message that carries notifications as data.
		if err.Path.String() != "/notifications:notification/eventTime" {
			t.Error(err)
		}
	}
}

// TestLibraryTellsAll compares both trees with a schema that has submodules,
// features, deviations and imports.
func TestLibraryTellsAll(t *testing.T) {
	set := compileFamily(t)
	models := must(compiled())(t)
	l := &library{id: "x"}
	encode := func(n tree.Node) string {
		var b strings.Builder
		if err := xml.Encode(&b, n.(*tree.Container), xml.EncodeOptions{Root: models.Root}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tt := range []struct {
		tree node
		want []string
	}{
		{l.yangLibrary, []string{
			"<module><name>main</name><revision>2026-01-02</revision><namespace>urn:main?a&amp;b</namespace>" +
				"<submodule><name>part</name><revision>2025-03-04</revision></submodule>" +
				"<feature>also</feature><feature>on</feature><deviation>dev</deviation></module>",
			"<module><name>dev</name><namespace>urn:dev</namespace></module>",
			"<import-only-module><name>types</name><revision/><namespace>urn:types</namespace></import-only-module>",
		}},
		{l.modulesState, []string{
			"<module><name>main</name><revision>2026-01-02</revision><namespace>urn:main?a&amp;b</namespace>" +
				"<feature>also</feature><feature>on</feature><deviation><name>dev</name><revision/></deviation>" +
				"<conformance-type>implement</conformance-type>" +
				"<submodule><name>part</name><revision>2025-03-04</revision></submodule></module>",
			"<module><name>types</name><revision/><namespace>urn:types</namespace><conformance-type>import</conformance-type></module>",
		}},
	} {
		name := "yang-library"
		if strings.Contains(tt.want[0], "conformance-type") {
			name = "modules-state"
		}
		got := encode(tt.tree(&nodes{of: models.Root.Child(libraryModule, name)}, set))
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks\n%s\nin\n%s", name, want, got)
			}
		}
	}
}

type node func(*nodes, *schema.Set) tree.Node

// TestLibraryUpdateIsToldOnce holds that a restart with other modules is told,
// and one with the same is not.
func TestLibraryUpdateIsToldOnce(t *testing.T) {
	set := must(compiled())(t)
	hub := must(notify.Open(notify.Config{Dir: t.TempDir(), Schema: set, Logger: slog.New(slog.DiscardHandler)}))(t)
	defer hub.Close()
	told := func(id string) (n int) {
		sub := hub.Subscribe(8)
		defer sub.Close()
		(&library{id: id}).announce(set, hub)
		for _, more := sub.TryNext(); more; _, more = sub.TryNext() {
			n++
		}
		return n
	}
	for i, tt := range []struct {
		id   string
		want int
	}{{"a", 2}, {"a", 0}, {"b", 2}, {"b", 0}, {"a", 2}} {
		if got := told(tt.id); got != tt.want {
			t.Errorf("start %d with %s: told %d times, want %d", i, tt.id, got, tt.want)
		}
	}
	past, live := hub.Replay(time.Time{}, 1)
	defer live.Close()
	if n, ok := past.Next(); !ok || n.Content.Schema().Name != "yang-library-update" {
		t.Errorf("replayed %v", n)
	}
}
