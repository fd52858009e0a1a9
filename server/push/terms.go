package push

import (
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// terms are what a subscription is. They never change; another value replaces them.
type terms struct {
	asked *tree.Container // as the input of establish-subscription
	stop  time.Time       // zero: never

	// Of a stream.
	stream string
	start  time.Time // zero: without replay

	// Of a datastore.
	datastore string // the identity, as MODULE:NAME; "": a stream
	trigger

	filter tree.Node // within the subscription; nil: none
	ref    string    // name of a filter below /filters; "": none
}

// trigger is when updates are sent.
type trigger struct {
	onChange  bool
	sync      bool            // sync-on-start
	excluded  map[string]bool // excluded-change
	dampening time.Duration
	period    time.Duration
	anchor    time.Time // zero: none
}

// exclusive are the nodes of which a subscription has one of a kind: what holds, or
// refers to, its filter, and what triggers its updates.
var exclusive = map[string]string{
	"stream-filter-name": "filter", "stream-subtree-filter": "filter", "stream-xpath-filter": "filter",
	"selection-filter-ref": "filter", "datastore-subtree-filter": "filter", "datastore-xpath-filter": "filter",
	"periodic": "trigger", "on-change": "trigger",
}

// text returns the value of a leaf of c, "" if there is none.
func text(c *tree.Container, module, name string) string {
	if c == nil {
		return ""
	}
	if l, ok := c.Child(c.Schema().Child(module, name)).(*tree.Leaf); ok {
		return l.Value().String()
	}
	return ""
}

// newTerms reads what was asked, which satisfies the schema.
func newTerms(asked *tree.Container) (t *terms, err error) {
	t = &terms{asked: asked, stream: text(asked, moduleSN, "stream"), datastore: text(asked, moduleYP, "datastore")}
	if encoding := text(asked, moduleSN, "encoding"); encoding != "" && encoding != moduleSN+":encode-xml" {
		return nil, &refusal{reason: encodingUnsupported, message: "notifications are in XML; leave encoding out"}
	}
	if t.stop, err = timeIn(asked, moduleSN, "stop-time"); err != nil {
		return nil, err
	}
	if t.start, err = timeIn(asked, moduleSN, "replay-start-time"); err != nil {
		return nil, err
	}
	for k := range asked.Children() {
		switch name := k.Schema().Name; {
		case name == "stream-filter-name" || name == "selection-filter-ref":
			t.ref = k.(*tree.Leaf).Value().String()
		case exclusive[name] == "filter":
			t.filter = k
		}
	}
	if t.datastore != "" {
		t.trigger, err = triggerIn(asked)
	}
	return t, err
}

func triggerIn(asked *tree.Container) (t trigger, err error) {
	if c, ok := asked.Child(asked.Schema().Child(moduleYP, "periodic")).(*tree.Container); ok {
		t.period = centiseconds(c, "period")
		t.anchor, err = timeIn(c, moduleYP, "anchor-time")
		return t, err
	}
	c, ok := asked.Child(asked.Schema().Child(moduleYP, "on-change")).(*tree.Container)
	if !ok {
		return t, &tree.Error{
			Tag: tree.TagMissingElement, Info: [][2]string{{"bad-element", "periodic"}},
			Message: "a subscription to a datastore needs to know when updates are sent; give it periodic or on-change",
		}
	}
	t.onChange, t.dampening, t.excluded = true, centiseconds(c, "dampening-period"), map[string]bool{}
	t.sync = text(c, moduleYP, "sync-on-start") != "false"
	if all, ok := c.Child(c.Schema().Child(moduleYP, "excluded-change")).(*tree.LeafList); ok {
		for l := range all.All() {
			t.excluded[l.Value().String()] = true
		}
	}
	return t, nil
}

// centiseconds returns the duration in a leaf; 0 when there is none.
func centiseconds(c *tree.Container, name string) time.Duration {
	n, _ := strconv.ParseUint(text(c, moduleYP, name), 10, 32)
	return time.Duration(n) * 10 * time.Millisecond
}

// timeIn returns the zero time when the leaf is absent.
func timeIn(c *tree.Container, module, name string) (t time.Time, err error) {
	s := text(c, module, name)
	if s == "" {
		return t, nil
	}
	if t, err = time.Parse(time.RFC3339, s); err != nil {
		return t, invalid(name, "%s is %q, no moment there is", name, s)
	}
	return t, nil
}

// invalid is an error about the value of a parameter.
func invalid(name, format string, args ...any) error {
	return &tree.Error{Tag: tree.TagInvalidValue, Info: [][2]string{{"bad-element", name}}, Message: fmt.Sprintf(format, args...)}
}

// modified returns what was asked with the changes that modify-subscription asks
// for: what it does not name stays as it is, and a filter takes the place of any other.
func modified(asked, by *tree.Container) *tree.Container {
	given := transplanted(by, asked.Schema())
	replaced, kinds := map[*schema.Node]bool{}, map[string]bool{}
	for i, k := range given {
		replaced[k.Schema()] = true
		if kind := exclusive[k.Schema().Name]; kind != "" {
			kinds[kind] = true
		}
		if old, ok := asked.Child(k.Schema()).(*tree.Container); ok {
			given[i] = merged(old, k.(*tree.Container))
		}
	}
	for k := range asked.Children() {
		if !replaced[k.Schema()] && !kinds[exclusive[k.Schema().Name]] {
			given = append(given, k)
		}
	}
	return tree.NewContainer(asked.Schema(), given)
}

// merged returns by with those children of old that it has not.
func merged(old, by *tree.Container) *tree.Container {
	var kids []tree.Node
	for k := range by.Children() {
		kids = append(kids, k)
	}
	for k := range old.Children() {
		if by.Child(k.Schema()) == nil {
			kids = append(kids, k)
		}
	}
	return tree.NewContainer(old.Schema(), kids)
}
