package document

import "github.com/optical-net/waveguard/yang/schema"

// Values parses the values of one document. Those that stand in it again and
// again are parsed once. No value keeps the document in memory.
type Values struct {
	strings Strings
	known   map[valueKey]schema.Value
}

type valueKey struct {
	typ  *schema.Type
	form schema.Form
	text string
}

// maxKnown is how many values are remembered: more would cost more than it saves.
const maxKnown = 4096

// Parse is t.Parse(in).
func (v *Values) Parse(t *schema.Type, in schema.Lexical) (schema.Value, error) {
	for t.Base == schema.Leafref && t.Target != nil && t.Target.Type != nil {
		t = t.Target.Type
	}
	if len(in.Text) > maxSharedLen || !lexicalAlone(t) {
		in.Text = v.strings.Own(in.Text)
		return t.Parse(in)
	}
	key := valueKey{t, in.Form, in.Text}
	if val, ok := v.known[key]; ok {
		return val, nil
	}
	key.text = v.strings.Own(in.Text)
	in.Text = key.text
	val, err := t.Parse(in)
	if err == nil && len(v.known) < maxKnown {
		if v.known == nil {
			v.known = map[valueKey]schema.Value{}
		}
		v.known[key] = val
	}
	return val, err
}

// lexicalAlone says whether a value of the type depends on its text alone,
// whatever prefixes are bound around it.
func lexicalAlone(t *schema.Type) bool {
	switch t.Base {
	case schema.Identityref, schema.InstanceIdentifier, schema.Union, schema.Leafref:
		return false
	}
	return true
}
