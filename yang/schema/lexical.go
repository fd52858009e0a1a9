package schema

import (
	"fmt"
	"strings"
)

// Form is the encoding a value's text comes from.
type Form uint8

// The forms.
const (
	XML        Form = iota // element content (RFC 7950 section 9), or a default statement
	JSONString             // contents of a JSON string (RFC 7951 section 6)
	JSONNumber             // a JSON number as it is written
	JSONBool               // true or false
	JSONNull               // the null of [null]; the text is ignored
	Canonical              // what Value.String returned
)

// Lexical is one value as some encoding writes it, with what its names mean there.
type Lexical struct {
	Text string
	Form Form
	// Module is the module of the leaf: names without prefix in JSON are its, and
	// those in XML where Prefix is nil.
	Module *Module
	// Prefix resolves XML prefixes; "" is the default namespace, not ok when there is none.
	Prefix func(prefix string) (module *Module, ok bool)
	// Root is the schema that instance-identifiers lead through.
	Root *Node

	statement bool // of a module: integers may be hexadecimal or octal (RFC 7950 section 9.2.1)
}

// ValueError says why a text is not a value of a type.
type ValueError struct {
	Message string // what is wrong and what is allowed, or the model's error-message
	AppTag  string // the model's error-app-tag
	Got     string // the text
}

// Error returns the message.
func (e *ValueError) Error() string { return e.Message }

// wrong makes a ValueError about the text.
func (in Lexical) wrong(format string, args ...any) *ValueError {
	return &ValueError{Message: fmt.Sprintf("%s %s", in.quoted(), fmt.Sprintf(format, args...)), Got: in.Text}
}

// restricted makes a ValueError that the model's own words replace where it has any.
func (in Lexical) restricted(by *RestrictionError, format string, args ...any) *ValueError {
	e := in.wrong(format, args...)
	if by == nil {
		return e
	}
	e.AppTag = by.AppTag
	if by.Message != "" {
		e.Message = by.Message
	}
	return e
}

// quoted shows the text, cut when it is long.
func (in Lexical) quoted() string {
	if in.Form == JSONNull {
		return "null"
	}
	const most = 80
	if r := []rune(in.Text); len(r) > most {
		return fmt.Sprintf("%q...", string(r[:most]))
	}
	return fmt.Sprintf("%q", in.Text)
}

// jsonForms are the JSON forms of the types; those not listed are strings.
var jsonForms = map[Base]Form{
	Int8: JSONNumber, Int16: JSONNumber, Int32: JSONNumber,
	Uint8: JSONNumber, Uint16: JSONNumber, Uint32: JSONNumber,
	Boolean: JSONBool, Empty: JSONNull,
}

var formNames = map[Form]string{
	JSONString: "a JSON string", JSONNumber: "a JSON number", JSONBool: "a JSON boolean", JSONNull: "[null]",
}

// checkForm refuses a JSON form that is not the type's (RFC 7951 section 6).
func (t *Type) checkForm(in Lexical) error {
	if in.Form == XML || in.Form == Canonical {
		return nil
	}
	want, ok := jsonForms[t.Base]
	if !ok {
		want = JSONString
	}
	if in.Form != want {
		return in.wrong("is %s, but %s is encoded as %s", formNames[in.Form], t.Base, formNames[want])
	}
	return nil
}

// module resolves the prefix of a name; nil when it is unknown.
func (in Lexical) module(prefix string) (name string, ok bool) {
	if in.Form == XML && in.Prefix != nil {
		// RFC 7950 section 9.10.3: without a prefix, the default namespace counts.
		if m, ok := in.Prefix(prefix); ok && m != nil {
			return m.Name, true
		}
		return "", false
	}
	switch {
	case prefix == "" && in.Module != nil:
		return in.Module.Name, true
	case prefix == "" || in.Form == XML:
		return "", false
	}
	return prefix, true
}

// trimmed is the text without the white space that XML allows around numbers.
func (in Lexical) trimmed() string {
	if in.Form != XML {
		return in.Text
	}
	return strings.TrimFunc(in.Text, isSpace)
}
