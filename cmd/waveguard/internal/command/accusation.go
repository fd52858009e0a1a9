package command

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// accusation is the last violation laid to a service, without its time: that
// there was one more of the same is told by the count of violations.
type accusation struct{ kind, target, address string }

// String says what was tried.
func (a accusation) String() string {
	words := a.kind
	if a.target != "" {
		words += " against " + a.target
	}
	if a.address != "" {
		words += " at " + a.address
	}
	return words
}

// violationOf returns the service whose last violation an event is about.
func violationOf(event appliance.Event) (service string, ok bool) {
	return event.Keys["name"], strings.Contains(event.Path, "/last-violation/")
}

// accuse takes in a leaf of a service's last violation and returns whether it
// is another violation than before.
func (n *narrator) accuse(service string, event appliance.Event) bool {
	a := n.accusations[service]
	if a == nil {
		a = new(accusation)
		n.accusations[service] = a
	}
	before, value := *a, ""
	if event.Kind != appliance.Deleted {
		value = fmt.Sprint(event.Value)
	}
	switch event.Leaf {
	case "kind":
		a.kind = value
	case "target-domain":
		a.target = value
	case "address":
		a.address = value
	}
	return *a != before && event.Kind != appliance.Deleted
}
