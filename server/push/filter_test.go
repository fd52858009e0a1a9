package push

import (
	"errors"
	"strings"
	"testing"
)

// Filters stay for as long as their subscriptions, so that big ones are refused.
func TestFiltersAreBounded(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	big := strings.Repeat("<c:top/>", maxFilter/len("<c:top/>"))
	for _, doc := range []string{
		`<stream>NETCONF</stream><stream-subtree-filter>` + big + `</stream-subtree-filter>`,
		`<yp:datastore>ds:running</yp:datastore><yp:datastore-subtree-filter>` + big + `</yp:datastore-subtree-filter><yp:on-change/>`,
	} {
		_, err := s.Establish(s.input(moduleSN, "establish-subscription", doc))
		var refused *Error
		if !errors.As(err, &refused) || refused.Reason != insufficientResources {
			t.Errorf("%.60s: %v", doc, err)
		}
	}
}
