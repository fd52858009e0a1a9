package codectest

import (
	"math/rand/v2"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
)

// samples has texts for the types of Example.
var samples = map[schema.Base][]string{
	schema.String:      {"a", "b", " c ", "", "<&>", `both ' and "`, "\t\n\\", "ü]]>", "@"},
	schema.Int8:        {"-1", "7"},
	schema.Int32:       {"-70000", "1"},
	schema.Uint8:       {"0", "255"},
	schema.Uint16:      {"68", "1500", "9000"},
	schema.Uint32:      {"1", "2"},
	schema.Uint64:      {"18446744073709551615"},
	schema.Decimal64:   {"1.5", "-0.25"},
	schema.Boolean:     {"true", "false"},
	schema.Empty:       {""},
	schema.Bits:        {"a", "a b", ""},
	schema.Binary:      {"aGk="},
	schema.Identityref: {"ex:slow", "ex-b:fast"},
	schema.InstanceIdentifier: {
		"/ex:top/mtu", "/ex:top/ex-b:more/in", `/ex:top/user[name="it's"]/key[type='ex-b:fast'][id='7']`,
	},
	schema.Union: {"5", "auto", "ex-b:fast"},
}

// Value returns a value of one of Example's types; names without a module are of m.
func Value(t testing.TB, r *rand.Rand, set *schema.Set, typ *schema.Type, m *schema.Module) schema.Value {
	t.Helper()
	texts := samples[typ.Base]
	v, err := typ.Parse(schema.Lexical{Text: texts[r.IntN(len(texts))], Form: schema.Canonical, Module: m, Root: set.Root})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
