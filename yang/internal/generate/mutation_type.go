package generate

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

var typeMutations = []Mutation{
	{Name: "unknown enum", apply: onBase(unknownEnum, schema.Enumeration)},
	{Name: "enum in another case", apply: onBase(enumInAnotherCase, schema.Enumeration)},
	{Name: "unknown bit", apply: onBase(unknownBit, schema.Bits)},
	{Name: "bit twice", apply: onBase(bitTwice, schema.Bits)},
	{Name: "not a boolean", apply: onBase(write("TRUE", "yes", "1", "", "truefalse"), schema.Boolean)},
	{Name: "empty with a value", apply: onBase(write("x", " ", "none"), schema.Empty)},
	{Name: "not base64", apply: onBase(write("a", "ab*=", "=", "YQ=", "YWI=YWI="), schema.Binary)},
	{Name: "unknown identity", apply: onBase(unknownIdentity, schema.Identityref)},
	{Name: "identity of another kind", apply: onBase(otherIdentity, schema.Identityref)},
	{Name: "base identity", apply: onBase(baseIdentity, schema.Identityref)},
	{Name: "identity without its module", apply: onBase(bareIdentity, schema.Identityref)},
	{Name: "identity with an unbound prefix", apply: onBase(unboundIdentity, schema.Identityref)},
	{Name: "instance of nothing", apply: onBase(instanceOfNothing, schema.InstanceIdentifier)},
	{Name: "not a path to an instance", apply: onBase(write("here", "/", "//x", "", "/a b"), schema.InstanceIdentifier)},
	{Name: "dangling reference", apply: onLeaf(dangling)},
}

func unknownEnum(_ *Generator, e *Element) Outcome {
	e.set(e.Value.XML + "-x")
	return e.breaks()
}

func enumInAnotherCase(_ *Generator, e *Element) Outcome {
	text := strings.ToUpper(e.Value.XML)
	if text == e.Value.XML {
		text = strings.ToLower(text)
	}
	if slices.ContainsFunc(e.Value.Type.Enums, func(n *schema.Enum) bool { return n.Name == text }) {
		return Unfit
	}
	e.set(text)
	return e.breaks()
}

func unknownBit(_ *Generator, e *Element) Outcome {
	e.set(strings.TrimSpace(e.Value.XML + " no-such-bit"))
	return e.breaks()
}

func bitTwice(g *Generator, e *Element) Outcome {
	name := pick(g.r, e.Value.Type.Bits).Name
	e.set(name + " " + name)
	return e.breaks()
}

func unknownIdentity(_ *Generator, e *Element) Outcome {
	module, _, _ := strings.Cut(e.Value.Canonical, ":")
	return e.identity(module, "no-such-identity")
}

func (e *Element) identity(module, name string) Outcome {
	e.Value = &Value{Type: e.Value.Type, XML: module + ":" + name, JSON: quote(module + ":" + name), Modules: []string{module}}
	return e.breaks()
}

func otherIdentity(g *Generator, e *Element) Outcome {
	id := pick(g.r, g.all)
	if slices.ContainsFunc(e.Value.Type.IdentityBases, func(b *schema.Identity) bool { return id.DerivedFrom(b) }) {
		return Unfit // of one of the bases at least
	}
	return e.identity(id.Module.Name, id.Name)
}

func baseIdentity(g *Generator, e *Element) Outcome {
	id := pick(g.r, e.Value.Type.IdentityBases)
	return e.identity(id.Module.Name, id.Name)
}

func bareIdentity(_ *Generator, e *Element) Outcome {
	_, name, _ := strings.Cut(e.Value.Canonical, ":")
	e.set(name)
	return Changed
}

func unboundIdentity(_ *Generator, e *Element) Outcome {
	_, name, _ := strings.Cut(e.Value.Canonical, ":")
	e.set("unbound:" + name)
	return e.breaks()
}

func instanceOfNothing(_ *Generator, e *Element) Outcome {
	v := *e.Value
	v.XML += "/" + e.Module + ":no-such-node"
	v.JSON = strings.TrimSuffix(v.JSON, `"`) + "/" + e.Module + `:no-such-node"`
	v.Modules = slices.Clone(v.Modules)
	v.uses(e.Module)
	e.Value = &v
	return e.breaks()
}

// dangling gives a reference a value that its target is unlikely to have.
func dangling(g *Generator, e *Element) Outcome {
	t := e.Schema.Type
	if t.Base != schema.Leafref || !t.RequireInstance {
		return Unfit
	}
	return anotherValue(g, e)
}
