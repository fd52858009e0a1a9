package push

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const onChange = `<yp:datastore>ds:running</yp:datastore><yp:datastore-xpath-filter>/c:top</yp:datastore-xpath-filter>`

func TestFirstChangeAtOnceThenWhatIsLeft(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:on-change><yp:dampening-period>100</yp:dampening-period></yp:on-change>`)
	s.expect("<push-update>")
	s.now = s.now.Add(time.Second)
	r.top(`<plain>1</plain>`)
	s.expect("<plain>1</plain>")
	r.top(`<plain>2</plain>`)
	r.top(`<plain>3</plain><door/>`)
	s.expect()
	if due := s.subs[0].source.due(); !due.Equal(s.now.Add(time.Second)) {
		t.Errorf("due %v after the last update, want 1s", due.Sub(s.now))
	}
	s.now = s.now.Add(999 * time.Millisecond)
	s.expect()
	s.now = s.now.Add(time.Millisecond)
	s.expect("<patch-id>2</patch-id><edit><edit-id>1</edit-id><operation>replace</operation><target>/c:top/plain</target><value><plain>3</plain></value></edit><edit><edit-id>2</edit-id><operation>create")
	// What comes and goes within the period was never there.
	r.top(`<tags>passing</tags>`)
	r.top(`<tags nc:operation="delete">passing</tags>`)
	s.now = s.now.Add(time.Second)
	s.expect()
	r.top(`<plain>4</plain>`)
	s.expect("<plain>4</plain>")
}

func TestSlowReceiverGetsTheDifference(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:on-change/>`)
	s.expect("<push-update>")
	for i := range 100 {
		r.top(fmt.Sprintf(`<plain>%d</plain><item><a>%d</a><b>0</b></item>`, i, i%3))
	}
	s.expect("<patch-id>1</patch-id>")
	s.expect()
}

func TestExcludedChanges(t *testing.T) {
	for _, tt := range []struct {
		excluded string
		want     []string
	}{
		{"create", []string{"insert", "replace", "move", "delete"}},
		{"insert", []string{"create", "replace", "move", "delete"}},
		{"replace", []string{"create", "insert", "move", "delete"}},
		{"move", []string{"create", "insert", "replace", "delete"}},
		{"delete", []string{"create", "insert", "replace", "move"}},
	} {
		t.Run(tt.excluded, func(t *testing.T) {
			r := newRig(t, Limits{})
			r.top(`<ordered><k>1</k></ordered>`)
			s := r.subscriber("admin")
			s.establish(onChange + `<yp:on-change><yp:sync-on-start>false</yp:sync-on-start><yp:excluded-change>` + tt.excluded + `</yp:excluded-change></yp:on-change>`)
			var got []string
			for _, edit := range []string{
				`<plain>1</plain>`, `<ordered><k>2</k></ordered>`, `<plain>2</plain>`,
				`<ordered yang:insert="first"><k>2</k></ordered>`, `<plain nc:operation="delete">2</plain>`,
			} {
				r.top(edit)
				for _, update := range s.take() {
					_, after, _ := strings.Cut(update, "<operation>")
					op, _, _ := strings.Cut(after, "<")
					got = append(got, op)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestStateThatIsThereTellsOfItsChanges(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<yp:datastore>ds:operational</yp:datastore><yp:datastore-subtree-filter><c:top><c:state/></c:top></yp:datastore-subtree-filter><yp:on-change/>`)
	s.expect("<datastore-contents/>")
	r.state(`<bag><x>1</x></bag><bag><x>1</x></bag><samples>3</samples>`)
	s.expect("<bag><x>1</x></bag><bag><x>1</x></bag>")
	r.state(`<bag><x>1</x></bag><samples>3</samples>`)
	s.expect("<target>/c:top/state/bag</target>")
	r.top(`<plain>1</plain>`)
	s.expect()
}

func TestResyncSendsAllAndCountsAnew(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:on-change/>`)
	s.expect("<push-update>")
	r.top(`<plain>1</plain>`)
	s.expect("<patch-id>1</patch-id>")
	check(t, s.Resync(s.input(moduleYP, "resync-subscription", `<yp:id>1</yp:id>`)))
	s.expect("<datastore-contents><top><plain>1</plain></top></datastore-contents>")
	r.top(`<plain>2</plain>`)
	s.expect("<patch-id>1</patch-id>")
}

func TestPeriodicUpdates(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:periodic><yp:period>100</yp:period></yp:periodic>`)
	s.now = time.Now()
	s.expect("<push-update><id>1</id><datastore-contents/></push-update>")
	s.now = s.now.Add(900 * time.Millisecond)
	s.expect()
	r.top(`<plain>1</plain>`)
	s.now = s.now.Add(100 * time.Millisecond)
	s.expect("<plain>1</plain>")
	s.now = s.now.Add(2500 * time.Millisecond)
	s.expect("<subscription-suspended>", "<subscription-resumed>", "<plain>1</plain>")
	s.now = s.now.Add(500 * time.Millisecond)
	s.expect("<push-update>")
}

func TestAnchoredUpdates(t *testing.T) {
	r := newRig(t, Limits{})
	for _, anchor := range []time.Duration{-time.Hour - 300*time.Millisecond, 700 * time.Millisecond, time.Hour + 700*time.Millisecond} {
		s := r.subscriber("admin")
		at := time.Now().Add(anchor)
		s.establish(onChange + `<yp:periodic><yp:period>100</yp:period><yp:anchor-time>` + at.UTC().Format(time.RFC3339Nano) + `</yp:anchor-time></yp:periodic>`)
		due := s.subs[0].source.due()
		off := (due.Sub(at)+time.Millisecond+2*time.Hour)%time.Second - time.Millisecond
		if off.Abs() > time.Microsecond || time.Until(due) > time.Second || time.Until(due) < -time.Second/2 {
			t.Errorf("anchor %v: next in %v, which is %v off", anchor, time.Until(due), off)
		}
	}
}

func TestUpdateThatCannotBeMadeIsIncomplete(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(`<yp:datastore>ds:operational</yp:datastore><yp:periodic><yp:period>100</yp:period></yp:periodic>`)
	s.now = time.Now()
	s.expect("<datastore-contents>")
	r.fails = errors.New("the sensors are off")
	var log bytes.Buffer
	r.Logger = slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		s.now = s.now.Add(time.Second)
		s.expect("<push-update><id>1</id><incomplete-update/></push-update>")
	}
	if n := strings.Count(log.String(), "the sensors are off"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	r.fails = nil
	s.now = s.now.Add(time.Second)
	s.expect("<datastore-contents>")
}

func TestStopTimeEndsUpdates(t *testing.T) {
	r := newRig(t, Limits{})
	for _, trigger := range []string{`<yp:periodic><yp:period>6000</yp:period></yp:periodic>`, `<yp:on-change/>`} {
		s := r.subscriber("admin")
		stop := time.Now().Add(time.Hour)
		s.establish(onChange + `<stop-time>` + stop.UTC().Format(time.RFC3339Nano) + `</stop-time>` + trigger)
		s.now = time.Now()
		s.expect("<push-update>")
		s.now = stop.Add(time.Second)
		s.expect("<subscription-terminated>")
		if s.Active() || len(r.present()) > 0 {
			t.Error("it is still there")
		}
	}
}

// A default that anybody can read is no way to hidden changes, and the rules decide
// at every update.
func TestAccessControlIsAskedAgain(t *testing.T) {
	r := newRig(t, Limits{})
	r.top(`<item><a>1</a><b>1</b><v>1</v></item><item><a>2</a><b>2</b><v>2</v></item>`)
	s := r.subscriber("viewer")
	s.establish(onChange + `<yp:on-change/>`)
	s.expect("<item><a>1</a><b>1</b><v>1</v></item><item><a>2</a>")
	r.edit(rule(`<path xmlns:c="urn:c">/c:top/c:item[c:a='1'][c:b='1']</path>`))
	s.expect("<operation>delete</operation><target>/c:top/item=1,1</target></edit></yang-patch>")
	r.top(`<item><a>1</a><b>1</b><v>9</v></item>`)
	s.expect()
	r.edit(rule(`<notification-name>push-change-update</notification-name>`))
	r.top(`<plain>1</plain>`)
	s.expect()
	if got := s.subs[0].excluded.Load(); got == 0 {
		t.Error("the update that was kept back is not counted")
	}
	r.edit(`<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><rule-list nc:operation="delete"><name>l</name></rule-list></nacm>`)
	s.expect("<v>9</v>")
}

// rule is an edit that makes a rule the only one, which forbids viewers to read.
func rule(what string) string {
	return `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><rule-list nc:operation="replace"><name>l</name><group>*</group><rule><name>r</name>` +
		what + `<access-operations>read</access-operations><action>deny</action></rule></rule-list></nacm>`
}

// What cannot be selected for a while is told once it can, and that it could not.
func TestChangesThatCannotBeToldAreMadeUpFor(t *testing.T) {
	r := newRig(t, Limits{})
	s := r.subscriber("admin")
	s.establish(onChange + `<yp:on-change/>`)
	s.expect("<push-update>")
	c := s.subs[0].source.(*changes)
	works := c.selected
	c.selected = func(*tree.Tree) (*tree.Tree, error) { return nil, errors.New("too much") }
	r.top(`<plain>1</plain>`)
	s.expect("<push-update><id>1</id><incomplete-update/></push-update>")
	r.top(`<tags>a</tags>`)
	s.expect()
	c.selected = works
	s.expect()
	r.top(`<tags>b</tags>`)
	s.expect("<top><plain>1</plain><tags>a</tags><tags>b</tags></top>")
	// Asked for, it is tried again.
	c.selected = func(*tree.Tree) (*tree.Tree, error) { return nil, errors.New("too much") }
	resync := s.input(moduleYP, "resync-subscription", `<yp:id>1</yp:id>`)
	check(t, s.Resync(resync))
	s.expect("<incomplete-update/>")
	s.expect()
	c.selected = works
	check(t, s.Resync(resync))
	s.expect("<tags>a</tags><tags>b</tags>")
}

// State that counts what is sent must not make another update of every update.
func TestUnwatchedStateIsLeftOut(t *testing.T) {
	r := newRig(t, Limits{})
	r.Unwatched = []*schema.Node{r.Schema.Root.Child("c", "top")}
	r.state(`<samples>1</samples>`)
	s := r.subscriber("admin")
	s.establish(`<yp:datastore>ds:operational</yp:datastore><yp:on-change/>`)
	if got := s.take(); len(got) != 1 || strings.Contains(got[0], "<top>") {
		t.Errorf("sent %s", got)
	}
	r.state(`<samples>2</samples>`)
	s.expect()
	_, err := s.Establish(s.input(moduleSN, "establish-subscription", `<yp:datastore>ds:operational</yp:datastore><yp:datastore-xpath-filter>/c:top</yp:datastore-xpath-filter><yp:on-change/>`))
	var refused *Error
	if !errors.As(err, &refused) || refused.Reason != onChangeUnsupported {
		t.Errorf("alone: %v", err)
	}
	s.establish(`<yp:datastore>ds:operational</yp:datastore><yp:datastore-xpath-filter>/c:top</yp:datastore-xpath-filter><yp:periodic><yp:period>100</yp:period></yp:periodic>`)
	s.now = time.Now()
	s.expect("<samples>2</samples>")
}
