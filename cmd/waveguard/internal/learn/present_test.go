package learn_test

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/json"
)

// TestChannelsAreNoted in the direction in which messages go, and between the domains of their services.
func TestChannelsAreNoted(t *testing.T) {
	operational, err := json.Decode(viewtest.Set(t), []byte(`{"mpk-security:mpk-security":{
		"services":{"service":[
			{"name":"feed","config":{"name":"feed","domain":"a"},"state":{"name":"feed","domain":"a"}},
			{"name":"sink","config":{"name":"sink","domain":"b"},"state":{"name":"sink","domain":"b"}}]},
		"channels":{"channel":[{"name":"samples","state":{"name":"samples","producer":"feed","operational-state":"DEGRADED"},
			"consumer-ends":{"consumer-end":[{"service":"sink"}]}}]}}}`), json.DecodeOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[[2]string]bool{{"a", "b"}: true, {"b", "a"}: false, {"a", "c"}: false} {
		notes := strings.Join(learn.PresentOf(operational, pair[0], pair[1]).Notes, "\n")
		if got := strings.Contains(notes, "channel samples, DEGRADED, takes messages of service feed to service sink"); got != want {
			t.Errorf("%v: %q, want the channel: %v", pair, notes, want)
		}
	}
}
