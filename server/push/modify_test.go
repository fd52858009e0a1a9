package push

import (
	"errors"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

func (s *subscriber) modify(doc string) error {
	s.t.Helper()
	return s.Modify(s.input(moduleSN, "modify-subscription", doc))
}

func TestModifyKeepsWhatItDoesNotName(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:on-change><yp:dampening-period>1000</yp:dampening-period><yp:excluded-change>delete</yp:excluded-change></yp:on-change>`)
	s.expect("<push-update>")
	check(t, s.modify(`<id>1</id><yp:datastore>ds:running</yp:datastore><yp:on-change><yp:dampening-period>0</yp:dampening-period></yp:on-change>`))
	s.now = s.now.Add(time.Second)
	s.expect(`<datastore-xpath-filter>/c:top</datastore-xpath-filter><on-change><dampening-period>0</dampening-period><excluded-change>delete</excluded-change></on-change></subscription-modified>`)
	r.top(`<plain>1</plain>`)
	s.expect("<patch-id>1</patch-id>")
	r.top(`<plain nc:operation="delete">1</plain>`)
	s.expect()
}

func TestAnotherSelectionIsSentWhole(t *testing.T) {
	r := newRig(t, Limits{})
	r.top(`<plain>1</plain><tags>a</tags>`)
	for _, sync := range []bool{true, false} {
		s := r.subscriber("admin")
		trigger := `<yp:on-change/>`
		if !sync {
			trigger = `<yp:on-change><yp:sync-on-start>false</yp:sync-on-start></yp:on-change>`
		}
		id := s.establish(onChange + trigger)
		s.take()
		check(t, s.modify(`<id>`+id+`</id><yp:datastore>ds:operational</yp:datastore><yp:datastore-subtree-filter><c:top><c:plain/></c:top></yp:datastore-subtree-filter>`))
		if sync {
			s.expect("<subscription-modified>", "<datastore-contents><top><plain>1</plain></top></datastore-contents>")
		} else {
			s.expect("<subscription-modified>")
		}
		r.top(`<tags>b</tags>`)
		s.expect()
		r.top(`<tags nc:operation="delete">b</tags>`)
	}
}

func TestShorterPeriodCountsAtOnce(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:periodic><yp:period>4294967295</yp:period></yp:periodic>`)
	s.now = time.Now()
	s.expect("<push-update>")
	check(t, s.modify(`<id>1</id><yp:datastore>ds:running</yp:datastore><yp:periodic><yp:period>100</yp:period></yp:periodic>`))
	s.expect("<subscription-modified>")
	s.now = time.Now().Add(time.Second)
	s.expect("<push-update>")
}

func TestStopTimeIsMoved(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream>`)
	stop := time.Now().Add(time.Hour)
	check(t, s.modify(`<id>1</id><stream-xpath-filter>happened</stream-xpath-filter><stop-time>`+stop.UTC().Format(time.RFC3339Nano)+`</stop-time>`))
	s.expect("<subscription-modified>")
	r.happen(1, stop)
	r.happen(2, stop.Add(time.Second))
	s.now = stop.Add(time.Minute)
	s.expect(number(1), "<subscription-terminated>")
}

// TestRefusedChangesChangeNothing holds that a subscription goes on as it was.
func TestRefusedChangesChangeNothing(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream><stream-xpath-filter>happened</stream-xpath-filter>`)
	s.establish(onChange + `<yp:periodic><yp:period>100</yp:period></yp:periodic>`)
	s.establish(onChange + `<yp:on-change/>`)
	s.now = time.Now()
	s.take()
	for _, tt := range []struct {
		change string
		reason string // "": no *Error
	}{
		{`<id>9</id><stream-xpath-filter>happened</stream-xpath-filter>`, noSuchSubscription},
		{`<id>1</id><stream-xpath-filter>happened</stream-xpath-filter><stop-time>2026-01-01T00:00:00Z</stop-time>`, ""},
		{`<id>1</id><stream-filter-name>nobody</stream-filter-name>`, filterUnsupported},
		{`<id>1</id><yp:datastore>ds:running</yp:datastore>`, ""},
		{`<id>2</id><yp:datastore>ds:running</yp:datastore><yp:periodic><yp:period>1</yp:period></yp:periodic>`, periodUnsupported},
		{`<id>2</id><yp:datastore>ds:running</yp:datastore><yp:on-change/>`, ""},
		{`<id>2</id><yp:datastore>ds:candidate</yp:datastore>`, filterUnsupported},
		{`<id>3</id><yp:datastore>ds:running</yp:datastore><yp:datastore-xpath-filter>1 + 1</yp:datastore-xpath-filter>`, filterUnsupported},
		{`<id>3</id><yp:datastore>ds:running</yp:datastore><yp:datastore-subtree-filter/>`, unchangingSelection},
	} {
		err := s.modify(tt.change)
		var refused *Error
		var invalid *tree.Error
		switch {
		case tt.reason != "" && (!errors.As(err, &refused) || refused.Reason != tt.reason):
			t.Errorf("%s: %v, want %s", tt.change, err, tt.reason)
		case tt.reason == "" && !errors.As(err, &invalid):
			t.Errorf("%s: %v", tt.change, err)
		}
	}
	s.expect()
	r.happen(1, time.Now())
	r.top(`<plain>1</plain>`)
	s.now = s.now.Add(time.Second)
	if got := len(s.take()); got != 3 {
		t.Errorf("%d of three subscriptions go on", got)
	}
}
