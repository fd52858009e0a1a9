package generate

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// What only JSON can get wrong (RFC 7951 sections 4 to 6).
var jsonMutations = []Mutation{
	{Name: "string for a number or boolean", Only: "json", apply: onLeaf(stringForOther)},
	{Name: "number for a string", Only: "json", apply: onLeaf(numberForString)},
	{Name: "boolean for another type", Only: "json", apply: onLeaf(boolForOther)},
	{Name: "null", Only: "json", apply: onLeaf(raw("null"))},
	{Name: "array of null", Only: "json", apply: onLeaf(raw("[null]"))},
	{Name: "object for a value", Only: "json", apply: onLeaf(raw("{}"))},
	{Name: "array for a value", Only: "json", apply: onLeaf(arrayForValue)},
	{Name: "value for an array", Only: "json", apply: onChild(valueForArray)},
	{Name: "empty array", Only: "json", apply: onChild(emptyArray)},
	{Name: "null for an object", Only: "json", apply: onChild(nullForObject)},
	{Name: "name without its module", Only: "json", apply: onChild(bareName)},
	{Name: "name with its module for no need", Only: "json", apply: onChild(fullName)},
	{Name: "name with a wrong module", Only: "json", apply: onChild(wrongName)},
}

// written replaces how JSON writes the value.
func (e *Element) written(json string) {
	v := *e.Value
	v.JSON = json
	e.Value = &v
}

func raw(json string) func(*Generator, *Element) Outcome {
	return func(_ *Generator, e *Element) Outcome {
		if e.Value.JSON == json || e.Value.Type.Base == schema.Empty {
			return Unfit
		}
		e.written(json)
		return e.breaks()
	}
}

func stringForOther(_ *Generator, e *Element) Outcome {
	if strings.HasPrefix(e.Value.JSON, `"`) || e.Value.Type.Base == schema.Empty {
		return Unfit
	}
	e.written(quote(e.Value.JSON))
	return e.breaks()
}

// numberForString writes a number without its quotes, or instead of another text.
func numberForString(_ *Generator, e *Element) Outcome {
	text, ok := strings.CutPrefix(e.Value.JSON, `"`)
	if !ok {
		return Unfit
	}
	if text = strings.TrimSuffix(text, `"`); !isNumber.MatchString(text) {
		text = "7"
	}
	e.written(text)
	return e.breaks()
}

func boolForOther(_ *Generator, e *Element) Outcome {
	if e.Value.Type.Base == schema.Boolean {
		return Unfit
	}
	e.written("true")
	return e.breaks()
}

func arrayForValue(_ *Generator, e *Element) Outcome {
	if e.Value.Type.Base == schema.Empty {
		return Unfit
	}
	e.written("[" + e.Value.JSON + "]")
	return Broken
}

func valueForArray(_ *Generator, parent, e *Element) Outcome {
	if !e.Many || len(parent.of(e.Schema)) > 1 {
		return Unfit
	}
	e.Many = false
	return Broken
}

func emptyArray(_ *Generator, parent, e *Element) Outcome {
	if !e.Many || len(parent.of(e.Schema)) > 1 {
		return Unfit
	}
	e.Many, e.Kids, e.Value = false, nil, &Value{JSON: "[]", Type: &schema.Type{Base: schema.String}}
	return Changed
}

func nullForObject(_ *Generator, _, e *Element) Outcome {
	switch e.Schema.Kind {
	case schema.Container, schema.List:
		e.Kids, e.Value = nil, &Value{JSON: "null", Type: &schema.Type{Base: schema.String}}
		return Broken
	}
	return Unfit
}

func bareName(_ *Generator, parent, e *Element) Outcome {
	if parent.Module == e.Module {
		return Unfit
	}
	e.Label = e.Name
	if parent.Schema.Child(parent.Module, e.Name) != nil {
		return Changed
	}
	return Broken
}

func fullName(_ *Generator, parent, e *Element) Outcome {
	if parent.Module != e.Module || e.Many {
		return Unfit
	}
	e.Label = e.Module + ":" + e.Name
	return Changed
}

func wrongName(_ *Generator, _, e *Element) Outcome {
	e.Label = "no-such-module:" + e.Name
	return Broken
}
