package notify

import (
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// record is a notification as the log keeps it.
type record struct {
	time time.Time
	line []byte // a line of JSON without its end
}

// line is what a record's line says.
type line struct {
	Time    time.Time          `json:"time"`
	Name    string             `json:"name"`         // MODULE:NOTIFICATION
	At      string             `json:"at,omitempty"` // instance that it belongs to
	Content stdjson.RawMessage `json:"content"`
}

// encode returns the record of n. The content is put in as it is encoded: a big
// one is not encoded twice.
func encode(n Notification) record {
	s := n.Content.Schema()
	b := append([]byte(`{"time":"`), n.Time.UTC().Format(time.RFC3339Nano)...)
	b = append(b, `",`...)
	b = append(b, nameMember(s.Module.Name, s.Name)...)
	if len(n.At) > 0 {
		b = append(append(b, `,"at":`...), quoted(n.At.String())...)
	}
	b = append(b, `,"content":`...)
	b = json.AppendNode(b, n.Content, json.EncodeOptions{})
	return record{n.Time, append(b, '}')}
}

func quoted(text string) []byte {
	b, err := stdjson.Marshal(text)
	if err != nil {
		panic("notify: encode a path: " + err.Error()) // No string fails.
	}
	return b
}

// nameMember is how a line says which notification it is.
func nameMember(module, name string) []byte { return []byte(`"name":"` + module + ":" + name + `"`) }

// parseRecord reads no more of a line than its time, which replay looks at first.
func parseRecord(text []byte) (record, error) {
	var l struct {
		Time time.Time `json:"time"`
	}
	if err := stdjson.Unmarshal(text, &l); err != nil {
		return record{}, err
	}
	return record{l.Time, text}, nil
}

// decoder reads records under the schema of today, which need not be the one
// they were written under.
type decoder struct{ set *schema.Set }

// decode returns the notification of a record. The errors say that the schema
// has no such notification any more, or has another of that name.
func (d decoder) decode(r record) (Notification, error) {
	var l line
	if err := stdjson.Unmarshal(r.line, &l); err != nil {
		return Notification{}, fmt.Errorf("read a logged notification: %w", err)
	}
	at, err := d.instance(l.At)
	if err != nil {
		return Notification{}, fmt.Errorf("read where a logged %s happened: %w", l.Name, err)
	}
	s := d.find(at, l.Name)
	if s == nil {
		return Notification{}, fmt.Errorf("the schema has no notification %s", l.Name)
	}
	content, err := json.DecodeInput(d.set, s, l.Content, json.DecodeOptions{})
	if err != nil {
		return Notification{}, fmt.Errorf("read a logged %s: %w", l.Name, err)
	}
	return Notification{Time: l.Time, Content: content, At: at}, nil
}

// instance returns the path of the node that a notification belongs to; nil for ""
// and one at the top of a module.
func (d decoder) instance(text string) (tree.Path, error) {
	if text == "" {
		return nil, nil
	}
	at, err := d.set.ParsePath(text)
	if err != nil {
		return nil, err
	}
	for _, step := range at {
		if n := len(step.Keys); n != len(step.Node.Keys) || slices.ContainsFunc(step.Keys, schema.Value.IsZero) {
			return nil, fmt.Errorf("%s does not name one instance", text)
		}
	}
	return at, nil
}

func (d decoder) find(at tree.Path, name string) *schema.Node {
	module, local, _ := strings.Cut(name, ":")
	if len(at) > 0 {
		return at.Schema().Notification(module, local)
	}
	return d.set.Notification(module, local)
}
