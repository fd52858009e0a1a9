package schema

// The rules that no single statement owns.
const (
	ruleCharacters  = "RFC 7950 section 6"
	ruleQuoting     = "RFC 7950 section 6.1.3"
	ruleNames       = "RFC 7950 section 6.2"
	ruleDistinct    = "RFC 7950 section 6.2.1"
	ruleStatements  = "RFC 7950 section 6.3"
	ruleXPath       = "RFC 7950 section 6.4"
	rulePaths       = "RFC 7950 section 6.5"
	ruleGrammar     = "RFC 7950 section 14"
	ruleScope       = "RFC 7950 section 5.5"
	ruleImports     = "RFC 7950 section 5.1"
	ruleRevisions   = "RFC 7950 section 5.6.5"
	ruleVersion     = "RFC 7950 section 7.1.2"
	ruleStatus      = "RFC 7950 section 7.21.2"
	ruleDeviations  = "RFC 7950 section 7.20.3"
	ruleDeviate     = "RFC 7950 section 7.20.3.2"
	ruleCoexistence = "RFC 7950 section 12"
	rulePrefix      = "RFC 7950 section 7.1.4"
)

// sections are those of RFC 7950 that define the statements.
var sections = map[string]string{
	"module": "7.1", "yang-version": "7.1.2", "namespace": "7.1.3", "prefix": "7.1.4", "import": "7.1.5",
	"revision-date": "7.1.5.1", "include": "7.1.6", "organization": "7.1.7", "contact": "7.1.8", "revision": "7.1.9",
	"submodule": "7.2", "belongs-to": "7.2.2", "typedef": "7.3", "type": "7.4",
	"container": "7.5", "must": "7.5.3", "error-message": "7.5.4.1", "error-app-tag": "7.5.4.2", "presence": "7.5.5",
	"leaf": "7.6", "default": "7.6.4", "mandatory": "7.6.5", "units": "7.3.3",
	"leaf-list": "7.7", "min-elements": "7.7.5", "max-elements": "7.7.6", "ordered-by": "7.7.7",
	"list": "7.8", "key": "7.8.2", "unique": "7.8.3", "choice": "7.9", "case": "7.9.2",
	"anydata": "7.10", "anyxml": "7.11", "grouping": "7.12", "uses": "7.13", "refine": "7.13.2",
	"rpc": "7.14", "input": "7.14.2", "output": "7.14.3", "action": "7.15", "notification": "7.16", "augment": "7.17",
	"identity": "7.18", "base": "7.18.2", "extension": "7.19", "argument": "7.19.2", "yin-element": "7.19.2.2",
	"feature": "7.20.1", "if-feature": "7.20.2", "deviation": "7.20.3", "deviate": "7.20.3.2",
	"config": "7.21.1", "status": "7.21.2", "description": "7.21.3", "reference": "7.21.4", "when": "7.21.5",
	"range": "9.2.4", "fraction-digits": "9.3.4", "length": "9.4.4", "pattern": "9.4.5", "modifier": "9.4.6",
	"enum": "9.6.4", "value": "9.6.4.2", "bit": "9.7.4", "position": "9.7.4.2",
	"path": "9.9.2", "require-instance": "9.9.3",
}

// ruleOf names the section that defines a statement.
func ruleOf(st *stmt) string {
	switch section, ok := sections[st.keyword]; {
	case st.keyword == "structure" || st.keyword == "augment-structure":
		return "RFC 8791 section 2"
	case st.keyword == "yang-data":
		return "RFC 8040 section 8"
	case st.isExtension():
		return "RFC 7950 section 7.19"
	case ok && st.keyword == "base" && st.parent != nil && st.parent.keyword == "type":
		return "RFC 7950 section 9.10.2"
	case ok && st.keyword == "default" && st.parent != nil:
		return ruleOfDefault(st.parent.keyword)
	case ok:
		return "RFC 7950 section " + section
	}
	return ruleStatements
}

// ruleOfDefault names the section that defines default in its parent.
func ruleOfDefault(parent string) string {
	switch parent {
	case "typedef":
		return "RFC 7950 section 7.3.4"
	case "leaf-list":
		return "RFC 7950 section 7.7.4"
	case "choice":
		return "RFC 7950 section 7.9.3"
	}
	return "RFC 7950 section 7.6.4"
}

// rulesOfTypes are the sections of RFC 7950 that define the built-in types.
var rulesOfTypes = map[Base]string{
	Int8: "9.2", Int16: "9.2", Int32: "9.2", Int64: "9.2", Uint8: "9.2", Uint16: "9.2", Uint32: "9.2", Uint64: "9.2",
	Decimal64: "9.3", String: "9.4", Boolean: "9.5", Enumeration: "9.6", Bits: "9.7", Binary: "9.8",
	Leafref: "9.9", Identityref: "9.10", Empty: "9.11", Union: "9.12", InstanceIdentifier: "9.13",
}

// rule names the section that defines a built-in type.
func (b Base) rule() string { return "RFC 7950 section " + rulesOfTypes[b] }
