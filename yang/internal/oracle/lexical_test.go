package oracle

import (
	"math/rand/v2"
	"testing"
)

// lexical is one way to write a value, and where it is valid: "xml", "json",
// "both" or "".
type lexical struct {
	name  string
	leaf  *element
	path  string
	valid string
}

var lexicals = []lexical{
	{"plus sign", text("id", "+7"), domains, "xml"},
	{"number in quotes", text("id", "7"), domains, "xml"},
	{"number", number("id", 7), domains, "both"},
	{"leading zero", text("id", "07").bare(), domains, "xml"},
	{"spaces around a number", text("id", " 7\n"), domains, "xml"},
	{"number in hexadecimal", text("id", "0x7"), domains, ""},
	{"whole number with a fraction", text("id", "7.0").bare(), domains, ""},
	{"empty number", text("id", " "), domains, ""},
	{"null for a number", text("id", "null").bare(), domains, ""},
	{"negative zero", text("uid", "-0").bare(), services, "both"},
	{"boolean in quotes", text("fast-path", "true"), transitions, "xml"},
	{"boolean as a number", number("fast-path", 1), transitions, ""},
	{"boolean with spaces", text("fast-path", " true "), transitions, ""},
	{"boolean in upper case", text("fast-path", "TRUE"), transitions, ""},
	{"enum with spaces", text("action", " PERMIT "), transitions, ""},
	{"enum without quotes", text("action", "true").bare(), transitions, ""},
	{"string as a number", number("description", 7), domains, "xml"},
	{"string as a boolean", text("description", "true").bare(), domains, "xml"},
	{"string with spaces", text("description", "  two  "), domains, "both"},
	{"string with a tab", text("description", "a\tb"), domains, "both"},
	{"string with a control character", text("description", "a\x01b"), domains, ""},
	{"string beyond the first plane", text("description", "\U0001F512"), domains, "both"},
	{"string that is no character", text("description", "\uFFFF"), domains, ""},
	{"leaf as an array", value("description", "x"), domains, "xml"},
	{"leaf-list as a value", text("operation", "x"), transitions, "xml"},
	{"name of the own module", &element{name: "description", module: "mpk-security", text: "x"}, domains, "both"},
	{"line break in a key", value("authorized-key", "ssh-ed25519 AAAA\nssh-rsa BBBB"), userConfigs, ""},
	{"line break at the end", text("executable", "/bin/sh\n"), services, ""},
	{"reference with spaces", text("domain", " controller"), services, ""},
}

// disagreements are the forms that one side admits and the other does not. By
// RFC 7951 section 6.1 an integer is a JSON number, and RFC 8259 writes a number
// in many ways: libyang takes the exponent but not the fraction of a whole
// number. This engine takes neither, as RFC 7950 section 9.2.1 knows no such
// integer; either reading can be defended, and no encoder writes them.
var disagreements = []lexical{
	{"number with an exponent", text("id", "7e0").bare(), domains, "json"},
}

func TestDisagreements(t *testing.T) {
	l, e := newLibyang(t), newEngine(t)
	for _, lex := range disagreements {
		t.Run(lex.name, func(t *testing.T) {
			doc := write(lex.in(policy(rand.New(rand.NewPCG(5, 0)))), lex.valid)
			if theirs, ours := l.check(t, lex.valid, doc), e.check(lex.valid, doc); theirs != nil || ours == nil {
				t.Errorf("no such disagreement any more:\nours:    %v\nlibyang: %v\n%s", ours, theirs, doc)
			}
		})
	}
}

// in puts the leaf into the policy's last container of its path.
func (lex lexical) in(root *element) *element {
	at := root.all(lex.path)
	leaf := *lex.leaf
	at[len(at)-1].remove("operation")
	at[len(at)-1].set(&leaf)
	return root
}

// The forms of values that XML (RFC 7950 section 9) and JSON (RFC 7951 section
// 6) admit are the ones that libyang admits.
func TestLexicalForms(t *testing.T) {
	l, e := newLibyang(t), newEngine(t)
	for i, lex := range lexicals {
		t.Run(lex.name, func(t *testing.T) {
			root := lex.in(policy(rand.New(rand.NewPCG(5, uint64(i)))))
			compare(t, l, e, root, func(encoding string) bool { return lex.valid == "both" || lex.valid == encoding })
		})
	}
}
