package push

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// happen publishes event number i of that moment.
func (r *rig) happen(i int, at time.Time) {
	of := r.Schema.Notification("c", "happened")
	r.Hub.Publish(notify.Notification{Time: at, Content: made(of, nil, "number", strconv.Itoa(i))})
}

func number(i int) string { return fmt.Sprintf("<number>%d</number>", i) }

func TestEventsThatWereLostAreAGap(t *testing.T) {
	r := newRig(t, Limits{Queue: 3})
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream>`)
	for i := range 3 {
		r.happen(i, time.Now())
	}
	s.expect(number(0), number(1), number(2))
	for i := range 5 {
		r.happen(i, time.Now())
	}
	if got := text(s.state(), moduleSN, "state"); got != "suspended" {
		t.Errorf("the receiver is %s while it does not know what it missed", got)
	}
	s.expect("<subscription-suspended>", "<subscription-resumed>", number(2), number(3), number(4))
	if got := text(s.state(), moduleSN, "sent-event-records"); got != "6" {
		t.Errorf("%s events were sent, want 6", got)
	}
	if got := text(s.state(), moduleSN, "state"); got != "active" {
		t.Errorf("the receiver is %s, want active", got)
	}
}

// state returns the one receiver of the one subscription, as /subscriptions has it.
func (s *subscriber) state() *tree.Container {
	s.t.Helper()
	at := tree.Path{}
	node := s.subscriptions()
	for _, name := range []string{"subscription", "receivers", "receiver"} {
		at = append(at, schema.PathStep{Node: node.Schema().Child(moduleSN, name)})
		switch x := node.(*tree.Container).Child(at[len(at)-1].Node).(type) {
		case *tree.List:
			for entry := range x.All() {
				node = entry
			}
		default:
			node = x
		}
	}
	return node.(*tree.Container)
}

func TestClassicSubscription(t *testing.T) {
	r := newRig(t, Limits{Queue: 2})
	s := r.subscriber("admin")
	start := time.Now().Add(-time.Hour)
	r.happen(1, start.Add(time.Second))
	s.Create(Classic{Start: start, Stop: start.Add(2 * time.Second)})
	if !s.Classic() {
		t.Error("the receiver does not know what it has")
	}
	s.now = time.Now()
	r.happen(2, start.Add(time.Minute))
	s.expect(number(1), "<replayComplete/>", "<notificationComplete/>")
	if s.Active() {
		t.Error("it is not over")
	}
	s.Create(Classic{Filter: func(n notify.Notification) bool { return n.Content.Schema().Name == "happened" }})
	for i := range 4 {
		r.happen(i, time.Now())
	}
	s.expect("<notifications-lost><lost>2</lost>", number(2), number(3))
	if len(r.present()) > 0 {
		t.Error("a subscription of RFC 5277 has no number, and no state")
	}
}

func TestKillTellsTheReceiver(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream>`)
	s.expect()
	<-s.Ready()
	killed := make(chan error)
	go func() { killed <- r.Kill(1) }()
	check(t, <-killed)
	<-s.Ready()
	r.happen(1, time.Now())
	s.expect("<subscription-terminated><id>1</id>")
	if s.Active() {
		t.Error("it is still there")
	}
	var refused *Error
	if err := r.Kill(1); !errors.As(err, &refused) || refused.Reason != noSuchSubscription {
		t.Errorf("killed twice: %v", err)
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	r := newRig(t, Limits{PerReceiver: 2, Subscriptions: 3})
	a, b := r.subscriber("admin"), r.subscriber("admin")
	for _, s := range []*subscriber{a, a, b} {
		s.establish(`<stream>NETCONF</stream>`)
	}
	for _, s := range []*subscriber{a, b} {
		_, err := s.Establish(s.input(moduleSN, "establish-subscription", `<stream>NETCONF</stream>`))
		var refused *Error
		if !errors.As(err, &refused) || refused.Reason != insufficientResources || refused.Tag != "resource-denied" {
			t.Errorf("one too many: %v", err)
		}
	}
	check(t, a.Delete(a.input(moduleSN, "delete-subscription", `<id>1</id>`)))
	if id := b.establish(`<stream>NETCONF</stream>`); id != "4" {
		t.Errorf("the number %s is used again", id)
	}
}

func TestTurns(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream>`)
	s.establish(onChange + `<yp:on-change/>`)
	s.expect("<push-update>")
	for i := range 10 {
		r.happen(i, time.Now())
	}
	r.top(`<plain>1</plain>`)
	n, _ := s.next(s.now)
	m, _ := s.next(s.now)
	if n.Content.Schema() == m.Content.Schema() {
		t.Error("a stream that has much keeps the others waiting")
	}
}

// flap publishes that an item flapped, an event of its own.
func (r *rig) flap(a, b string, count int) {
	r.t.Helper()
	at, err := r.Schema.ParsePath("/c:top/item[a='" + a + "'][b='" + b + "']")
	check(r.t, err)
	of := tree.Path(at).Schema().Notification("c", "flapped")
	r.Hub.Publish(notify.Notification{Time: time.Now(), At: at, Content: made(of, nil, "count", strconv.Itoa(count))})
}

func TestNotificationsOfInstances(t *testing.T) {
	const first, second = `<top><item><a>1</a><b>1</b><flapped><count>1</count></flapped></item></top>`, `<top><item><a>2</a><b>1</b><flapped><count>2</count></flapped></item></top>`
	for _, tt := range []struct {
		name, user, filter string
		rules              string
		want               []string
	}{
		{name: "all", want: []string{first, second}},
		{name: "the notification", filter: `<stream-subtree-filter><c:top><c:item><c:flapped/></c:item></c:top></stream-subtree-filter>`, want: []string{first, second}},
		{name: "whatever an entry sends", filter: `<stream-subtree-filter><c:top><c:item><c:a>2</c:a></c:item></c:top></stream-subtree-filter>`, want: []string{second}},
		{name: "a whole list", filter: `<stream-subtree-filter><c:top/></stream-subtree-filter>`, want: []string{first, second}},
		{name: "an entry and content", filter: `<stream-subtree-filter><c:top><c:item><c:a>1</c:a><c:flapped><c:count>1</c:count></c:flapped></c:item></c:top></stream-subtree-filter>`, want: []string{first}},
		{name: "another node", filter: `<stream-subtree-filter><c:top><c:door/></c:top></stream-subtree-filter>`},
		{name: "content at the top", filter: `<stream-subtree-filter><c:plain>1</c:plain></stream-subtree-filter>`},
		{name: "an expression", filter: `<stream-xpath-filter>/c:top/c:item[c:a='2']/c:flapped[c:count &gt; 1]</stream-xpath-filter>`, want: []string{second}},
		{name: "no such entry", filter: `<stream-xpath-filter>/c:top/c:item[c:a='3']</stream-xpath-filter>`},
		{name: "what may be read", user: "viewer", rules: `<path xmlns:c="urn:c">/c:top/c:item[c:a='1'][c:b='1']</path>`, want: []string{second}},
		{name: "no such notifications", user: "viewer", rules: `<path xmlns:c="urn:c">/c:top/c:item/c:flapped</path>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Limits{})
			if tt.rules != "" {
				r.edit(rule(tt.rules))
			}
			if tt.user == "" {
				tt.user = "admin"
			}
			live, late := r.subscriber(tt.user), r.subscriber(tt.user)
			live.establish(`<stream>NETCONF</stream>` + tt.filter)
			r.flap("1", "1", 1)
			r.flap("2", "1", 2)
			live.expect(tt.want...)
			late.establish(`<stream>NETCONF</stream>` + tt.filter + `<replay-start-time>2026-01-01T00:00:00Z</replay-start-time>`)
			late.expect(append(tt.want, "<replay-completed>")...)
		})
	}
}

// One call of Next works for a turn, whatever there is to look at.
func TestNextEndsWithItsTurn(t *testing.T) {
	r := newRig(t, Limits{Turn: 1})
	s := r.subscriber("admin")
	for range 2 {
		s.establish(`<stream>NETCONF</stream><stream-xpath-filter>/c:nothing</stream-xpath-filter>`)
	}
	const events = 3
	for i := range events {
		r.happen(i, time.Now())
	}
	for looked := range uint64(2 * events) {
		var sum uint64
		for _, sub := range s.subs {
			sum += sub.excluded.Load()
		}
		if sum != looked {
			t.Fatalf("%d events were looked at in %d turns", sum, looked)
		}
		<-s.Ready()
		s.expect()
	}
}

// A reader that goes on being too slow does not fill the log.
func TestLossesAreLoggedOnce(t *testing.T) {
	r := newRig(t, Limits{Queue: 1})
	var log bytes.Buffer
	r.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := r.subscriber("admin")
	s.establish(`<stream>NETCONF</stream>`)
	for range 3 {
		r.happen(1, time.Now())
		r.happen(2, time.Now())
		s.expect("<subscription-suspended>", "<subscription-resumed>", number(2))
	}
	if n := strings.Count(log.String(), "too slowly"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}
