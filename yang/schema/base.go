package schema

// baseNames are the built-in types by name.
var baseNames = map[string]Base{
	"int8": Int8, "int16": Int16, "int32": Int32, "int64": Int64,
	"uint8": Uint8, "uint16": Uint16, "uint32": Uint32, "uint64": Uint64,
	"decimal64": Decimal64, "string": String, "boolean": Boolean,
	"enumeration": Enumeration, "bits": Bits, "binary": Binary,
	"leafref": Leafref, "identityref": Identityref, "empty": Empty,
	"union": Union, "instance-identifier": InstanceIdentifier,
}

var namesOfBases = func() map[Base]string {
	out := make(map[Base]string, len(baseNames))
	for name, b := range baseNames {
		out[b] = name
	}
	return out
}()

// String returns the type's name in YANG.
func (b Base) String() string { return namesOfBases[b] }

// isInteger says whether the type is one of the eight integer types.
func (b Base) isInteger() bool { return b >= Int8 && b <= Uint64 }

// restrictions says which substatements a type statement of that base may
// have: '*' always, 'b' only where it names the built-in type itself,
// 'B' there and required.
var restrictions = func() map[Base]map[string]byte {
	out := map[Base]map[string]byte{
		Decimal64:          {"fraction-digits": 'B', "range": '*'},
		String:             {"length": '*', "pattern": '*'},
		Binary:             {"length": '*'},
		Enumeration:        {"enum": 'B'},
		Bits:               {"bit": 'B'},
		Leafref:            {"path": 'B', "require-instance": '*'},
		Identityref:        {"base": 'B'},
		InstanceIdentifier: {"require-instance": '*'},
		Union:              {"type": 'B'},
	}
	for b := Int8; b <= Uint64; b++ {
		out[b] = map[string]byte{"range": '*'}
	}
	return out
}()

// checkRestrictions checks which substatements stand in a type statement.
func (c *compiler) checkRestrictions(st *stmt, base Base, builtin bool) {
	allowed := restrictions[base]
	for _, sub := range st.subs {
		if sub.isExtension() {
			continue
		}
		switch mode := allowed[sub.keyword]; {
		case mode == 0:
			c.errs.breaks(sub, base.rule(), "does not restrict a type based on %s", base)
		case mode != '*' && !builtin && !(st.unit.v11 && (sub.keyword == "enum" || sub.keyword == "bit")):
			c.errs.breaks(sub, base.rule(), "is not allowed for a type derived from %s", base)
		}
	}
	for keyword, mode := range allowed {
		if mode == 'B' && builtin && st.first(keyword) == nil {
			c.errs.breaks(st, base.rule(), "lacks the substatement %s", keyword)
		}
	}
}
