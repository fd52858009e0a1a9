package push

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// TestWhoAppliesChangesHasWhatARead has: whatever is edited, dampened and hidden, and
// however seldom the receiver looks, who applies the updates in order has in the
// end what a read would give.
func TestWhoAppliesChangesHasWhatAReadHas(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			follow(t, rand.New(rand.NewPCG(8641, seed)))
		})
	}
}

var selections = []string{
	``,
	`<yp:datastore-xpath-filter>/c:top</yp:datastore-xpath-filter>`,
	`<yp:datastore-xpath-filter>//c:item[c:v &gt; 0] | /c:top/c:ordered/c:v</yp:datastore-xpath-filter>`,
	`<yp:datastore-xpath-filter>/c:top/c:item[c:a = /c:top/c:plain]</yp:datastore-xpath-filter>`,
	`<yp:datastore-subtree-filter><c:top><c:tags/><c:door/><c:item><c:a>1</c:a></c:item><c:state/></c:top></yp:datastore-subtree-filter>`,
	`<yp:datastore-subtree-filter><c:top><c:plain>1</c:plain><c:item><c:leafy><c:k>1</c:k></c:leafy></c:item></c:top></yp:datastore-subtree-filter>`,
}

func follow(t *testing.T, random *rand.Rand) {
	r := newRig(t, Limits{})
	s := r.subscriber("viewer")
	store := []string{"running", "operational", "intended"}[random.IntN(3)]
	dampening := time.Duration(random.IntN(4)) * time.Second
	s.establish(fmt.Sprintf(`<yp:datastore>ds:%s</yp:datastore>%s<yp:on-change><yp:dampening-period>%d</yp:dampening-period></yp:on-change>`,
		store, selections[random.IntN(len(selections))], dampening/time.Second*100))
	has := tree.New(r.Schema)
	for range 60 {
		r.step(random)
		if random.IntN(3) == 0 {
			s.now = s.now.Add(time.Duration(random.IntN(1500)) * time.Millisecond)
			has = s.apply(has)
		}
	}
	s.now = s.now.Add(dampening)
	has = s.apply(has)
	v := &s.subs[0].source.(*changes).view
	want, err := v.part(v.held())
	check(t, err)
	if got, want := asXML(t, has), asXML(t, want); got != want {
		t.Errorf("the receiver has\n%s\na read gives\n%s", got, want)
	}
	if _, ok := s.next(s.now); ok {
		t.Error("there is more to send")
	}
}

// step changes something.
func (r *rig) step(random *rand.Rand) {
	n := func() int { return random.IntN(3) }
	switch random.IntN(16) {
	case 0:
		r.top(fmt.Sprintf(`<plain>%d</plain>`, n()))
	case 1:
		r.top(`<plain nc:operation="remove"/>`)
	case 2, 3:
		r.top(fmt.Sprintf(`<tags yang:insert="first">%d</tags>`, n()))
	case 4:
		r.top(fmt.Sprintf(`<tags nc:operation="remove">%d</tags>`, n()))
	case 5:
		r.top(`<door/>`)
	case 6:
		r.top(fmt.Sprintf(`<door nc:operation="%s"><size>%d</size></door>`, []string{"replace", "remove"}[random.IntN(2)], n()))
	case 7, 8:
		r.top(fmt.Sprintf(`<item><a>%d</a><b>%d</b><v>%d</v></item>`, n(), n(), n()))
	case 9:
		r.top(fmt.Sprintf(`<item nc:operation="remove"><a>%d</a><b>%d</b></item>`, n(), n()))
	case 10:
		r.top(fmt.Sprintf(`<item><a>%d</a><b>%d</b><leafy><k>%d</k><z>%d</z></leafy></item>`, n(), n(), n(), n()))
	case 11, 12:
		r.top(fmt.Sprintf(`<ordered yang:insert="%s"><k>%d</k><v>%d</v></ordered>`, []string{"first", "last"}[random.IntN(2)], n(), n()))
	case 13:
		r.top(fmt.Sprintf(`<ordered nc:operation="remove"><k>%d</k></ordered>`, n()))
	case 14:
		r.state(fmt.Sprintf(`<bag><x>%d</x></bag><bag><x>%d</x></bag><samples>%d</samples>`, n(), n(), n()))
	case 15:
		r.edit(rule(fmt.Sprintf(`<path xmlns:c="urn:c">%s</path>`,
			[]string{"/c:top/c:item[c:a='1']", "/c:top/c:plain", "/c:top/c:door", "/c:top/c:ordered/c:v"}[random.IntN(4)])))
	}
}

// apply takes all updates there are, as they come over the wire, and returns what
// somebody has who had has.
func (s *subscriber) apply(has *tree.Tree) *tree.Tree {
	s.t.Helper()
	for {
		n, ok := s.next(s.now)
		if !ok {
			return has
		}
		has = s.applied(has, s.wired(n))
	}
}

// wired returns the content of a notification after its way through XML.
func (s *subscriber) wired(n notify.Notification) *tree.Container {
	s.t.Helper()
	var b bytes.Buffer
	check(s.t, xml.Encode(&b, n.Content, xml.EncodeOptions{}))
	content, err := xml.DecodeInput(s.Schema, n.Content.Schema(), element(s.t, b.String()))
	check(s.t, err)
	return content
}

func (s *subscriber) applied(has *tree.Tree, update *tree.Container) *tree.Tree {
	s.t.Helper()
	if update.Schema() == s.model.update {
		all, ok := update.Child(update.Schema().Child(moduleYP, "datastore-contents")).(*tree.Any)
		if !ok {
			s.t.Fatal("an update without content")
		}
		next, err := xml.Decode(s.Schema, []byte("<data>"+all.XML()+"</data>"), xml.DecodeOptions{State: true})
		check(s.t, err)
		return next
	}
	changes := update.Child(update.Schema().Child(moduleYP, "datastore-changes")).(*tree.Container)
	p, err := patch.Decode(s.Schema, changes.Child(changes.Schema().Child(moduleYP, "yang-patch")).(*tree.Container))
	check(s.t, err)
	next, err := p.Apply(has)
	check(s.t, err)
	return next
}

func asXML(t *testing.T, data *tree.Tree) string {
	t.Helper()
	var b bytes.Buffer
	check(t, xml.Encode(&b, data.Root(), xml.EncodeOptions{Indent: " "}))
	return b.String()
}
