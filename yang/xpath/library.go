package xpath

// functions is the core library (section 4) and RFC 7950 section 10.
var functions = byName(
	&function{name: "last", reads: usesLast, result: numberType, eval: fnLast},
	&function{name: "position", reads: usesPosition, result: numberType, eval: fnPosition},
	&function{name: "count", min: 1, max: 1, set: true, result: numberType, bind: bindCount, eval: fnCount},
	&function{name: "id", min: 1, max: 1, nodes: fnID, order: singleOrder},
	&function{name: "local-name", max: 1, set: true, implicit: true, result: textType, eval: fnLocalName},
	&function{name: "namespace-uri", max: 1, set: true, implicit: true, result: textType, eval: fnNamespaceURI},
	&function{name: "name", max: 1, set: true, implicit: true, result: textType, eval: fnName},

	&function{name: "string", max: 1, implicit: true, result: textType, eval: fnString},
	&function{name: "concat", min: 2, max: unlimited, result: textType, eval: fnConcat},
	&function{name: "starts-with", min: 2, max: 2, result: boolType, eval: fnStartsWith},
	&function{name: "contains", min: 2, max: 2, result: boolType, eval: fnContains},
	&function{name: "substring-before", min: 2, max: 2, result: textType, eval: fnSubstringBefore},
	&function{name: "substring-after", min: 2, max: 2, result: textType, eval: fnSubstringAfter},
	&function{name: "substring", min: 2, max: 3, result: textType, eval: fnSubstring},
	&function{name: "string-length", max: 1, implicit: true, result: numberType, eval: fnStringLength},
	&function{name: "normalize-space", max: 1, implicit: true, result: textType, eval: fnNormalizeSpace},
	&function{name: "translate", min: 3, max: 3, result: textType, eval: fnTranslate},

	&function{name: "boolean", min: 1, max: 1, result: boolType, eval: fnBoolean},
	&function{name: "not", min: 1, max: 1, result: boolType, eval: fnNot},
	&function{name: "true", result: boolType, eval: fnTrue},
	&function{name: "false", result: boolType, eval: fnFalse},
	&function{name: "lang", min: 1, max: 1, reads: usesNode, result: boolType, eval: fnFalse},

	&function{name: "number", max: 1, implicit: true, result: numberType, eval: fnNumber},
	&function{name: "sum", min: 1, max: 1, set: true, result: numberType, eval: fnSum},
	&function{name: "floor", min: 1, max: 1, result: numberType, eval: fnFloor},
	&function{name: "ceiling", min: 1, max: 1, result: numberType, eval: fnCeiling},
	&function{name: "round", min: 1, max: 1, result: numberType, eval: fnRound},

	&function{name: "current", nodes: fnCurrent, order: singleOrder},
	&function{name: "re-match", min: 2, max: 2, result: boolType, bind: bindPattern, eval: fnReMatch},
	&function{name: "deref", min: 1, max: 1, set: true, nodes: fnDeref, order: sortedOrder},
	&function{name: "derived-from", min: 2, max: 2, set: true, result: boolType, bind: bindIdentity, eval: fnDerivedFrom},
	&function{name: "derived-from-or-self", min: 2, max: 2, set: true, result: boolType, bind: bindIdentity, eval: fnDerivedFromOrSelf},
	&function{name: "enum-value", min: 1, max: 1, set: true, result: numberType, eval: fnEnumValue},
	&function{name: "bit-is-set", min: 2, max: 2, set: true, result: boolType, eval: fnBitIsSet},
)

func byName(list ...*function) map[string]*function {
	m := make(map[string]*function, len(list))
	for _, fn := range list {
		m[fn.name] = fn
	}
	return m
}
