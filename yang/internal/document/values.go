package document

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// Values parses the values of one document. Texts that stand in it again and
// again are parsed once, and no value keeps the document in memory.
type Values struct {
	known map[*schema.Type]map[string]schema.Value
	count int
}

// What is remembered: more would cost more than it saves.
const (
	maxKnown    = 4096
	maxKnownLen = 64
)

// Parse is t.Parse(in).
func (v *Values) Parse(t *schema.Type, in schema.Lexical) (schema.Value, error) {
	for t.Base == schema.Leafref && t.Target != nil && t.Target.Type != nil {
		t = t.Target.Type
	}
	switch {
	case t.Base >= schema.Int8 && t.Base <= schema.Uint64:
		return t.Parse(in) // makes a text of its own
	case !repeats(t, in):
		in.Text = strings.Clone(in.Text)
		return t.Parse(in)
	}
	if val, ok := v.known[t][in.Text]; ok {
		return val, nil
	}
	in.Text = strings.Clone(in.Text)
	val, err := t.Parse(in)
	if err == nil && v.count < maxKnown {
		v.remember(t, in.Text, val)
	}
	return val, err
}

// repeats says whether a value is likely to come again and depends on its text
// alone, whatever prefixes are bound around it.
func repeats(t *schema.Type, in schema.Lexical) bool {
	if len(in.Text) > maxKnownLen || in.Form != schema.XML && in.Form != schema.JSONString {
		return false
	}
	return t.Base == schema.String && !t.XPath || t.Base == schema.Enumeration || t.Base == schema.Boolean
}

func (v *Values) remember(t *schema.Type, text string, val schema.Value) {
	if v.known == nil {
		v.known = map[*schema.Type]map[string]schema.Value{}
	}
	if v.known[t] == nil {
		v.known[t] = map[string]schema.Value{}
	}
	v.known[t][text] = val
	v.count++
}
