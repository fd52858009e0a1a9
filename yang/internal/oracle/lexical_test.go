package oracle

import (
	"testing"
)

// lexical is one way to write the value of a leaf of the zoo's scalars, and
// where it is valid: "xml", "json", "both" or "".
type lexical struct {
	leaf, xml, json string
	valid           string
}

var lexicals = []lexical{
	{"int8", "+7", `"+7"`, "xml"},
	{"int8", "7", `"7"`, "xml"},
	{"int8", "7", `7`, "both"},
	{"int8", "07", `07`, "xml"},
	{"int8", " 7\n", `" 7"`, "xml"},
	{"int8", "7 7", `7 7`, ""},
	{"int8", "0x7", `"0x7"`, ""},
	{"int8", "7.0", `7.0`, ""},
	{"int8", " ", `""`, ""},
	{"int8", "-", `-`, ""},
	{"int8", "null", `null`, ""},
	{"int8", "-0", `-0`, "both"},
	{"int64", "-9223372036854775808", `"-9223372036854775808"`, "both"},
	{"int64", "7", `7`, "xml"},
	{"int64", "+7", `"+7"`, "both"},
	{"int64", "007", `"007"`, "both"},
	{"uint64", "18446744073709551615", `18446744073709551615`, "xml"},
	{"uint64", "18446744073709551616", `"18446744073709551616"`, ""},
	{"decimal1", "1.50", `"1.50"`, "both"},
	{"decimal1", "1.", `"1."`, ""},
	{"decimal1", ".5", `".5"`, ""},
	{"decimal1", "-0.0", `"-0.0"`, "both"},
	{"decimal1", " 1.5 ", `"1.5"`, "both"},
	{"decimal1", "1e0", `"1e0"`, ""},
	{"decimal1", "1.5", `1.5`, "xml"},
	{"decimal18", "9.223372036854775808", `"9.223372036854775808"`, ""},
	{"boolean", "true", `"true"`, "xml"},
	{"boolean", "1", `1`, ""},
	{"boolean", " true ", `" true "`, ""},
	{"boolean", "TRUE", `TRUE`, ""},
	{"enum", " a ", `" a "`, ""},
	{"enum", "c d", `"c d"`, "both"},
	{"enum", "c  d", `"c  d"`, ""},
	{"enum", "4", `4`, "xml"},
	{"enum", "true", `true`, ""},
	{"bits", "two one", `"two one"`, "both"},
	{"bits", "", `""`, "both"},
	{"bits", "\n one\ttwo ", `" one  two"`, "both"},
	{"bits", "one,two", `"one,two"`, ""},
	{"binary", "", `""`, "both"},
	{"binary", "YQ==", `"YQ=="`, "both"},
	{"binary", "YQ", `"YQ"`, ""},
	{"binary", "Y-_=", `"Y-_="`, ""},
	{"empty", "", `[null]`, "both"},
	{"empty", " ", `null`, ""},
	{"empty", "", `""`, "xml"},
	{"empty", "", `[]`, "xml"},
	{"empty", "", `{}`, "xml"},
	{"empty", "", `[null,null]`, "xml"},
	{"string", "7", `7`, "xml"},
	{"string", "true", `true`, "xml"},
	{"string", "  two  ", `"  two  "`, "both"},
	{"string", "a\tb", `"a\tb"`, "both"},
	{"string", "a&#13;b", `"a\rb"`, "both"},
	{"string", "a\x01b", `"a\u0001b"`, ""},
	{"string", "a", `"a\u0000b"`, "xml"},
	{"string", "\U0001F512", "\"\U0001F512\"", "both"},
	{"string", "\uFFFF", `"\uFFFF"`, ""},
	{"string", "x", `["x"]`, "xml"},
	{"string", "x", `{"x":1}`, "xml"},
	{"string", "<![CDATA[<&>]]>", `"\u003c"`, "both"},
	{"string", "a<b/>c", `"\/"`, "json"},
	{"short", "日本", `"日本"`, "both"},
	{"short", "\U0001F512", "\"\U0001F512\"", ""},
	{"word", "xmlish", `"xmlish"`, ""},
	{"word", "a-b\n", `"a-b\n"`, ""},
	{"animal", "duck", `"duck"`, "both"},
	{"animal", "zoo-more:eagle", `"zoo-more:eagle"`, "json"},
	{"instance", "/scalars/string", `"/scalars/string"`, ""},
	{"number-or-word", "10", `10`, ""},
	{"number-or-word", "9", `"9"`, "xml"},
	{"number-or-word", "nine", `nine`, "xml"},
	{"mixture", "1.5", `"1.5"`, "both"},
	{"mixture", "many", `"many"`, "both"},
	{"mixture", "true", `true`, "both"},
	{"mixture", "true", `"true"`, "both"},
	{"mixture", "", `[null]`, "both"},
	{"mixture", "y x", `"y x"`, "both"},
	{"mixture", "eagle", `"zoo-more:eagle"`, "json"},
	{"nested", "-5", `-5`, "both"},
	{"nested", "-5", `"-5"`, "xml"},
	{"nested", "#5", `"#5"`, "both"},
}

// in writes the document that has the leaf.
func (lex lexical) in(encoding string) string {
	if encoding == "json" {
		return `{"zoo:scalars":{"` + lex.leaf + `":` + lex.json + `},"zoo:lists":{"plain":[{"name":"a"}]}}`
	}
	return `<scalars xmlns="urn:zoo"><` + lex.leaf + `>` + lex.xml + `</` + lex.leaf + `></scalars>` +
		`<lists xmlns="urn:zoo"><plain><name>a</name></plain></lists>`
}

// The forms of values that XML (RFC 7950 section 9) and JSON (RFC 7951 section
// 6) admit are the ones that libyang admits.
func TestLexicalForms(t *testing.T) {
	zoo := setNamed(t, "zoo")
	l, e := lint(t, zoo), newEngine(zoo.compile(t), zoo.documents())
	for _, lex := range lexicals {
		for _, encoding := range encodings {
			want := lex.valid == "both" || lex.valid == encoding
			doc := lex.in(encoding)
			ours, theirs := first(e.faults(encoding, doc)), l.check(encoding, doc)
			if (ours == nil) != want || (theirs == nil) != want {
				t.Errorf("%s, valid: %v\nours:    %v\nlibyang: %v\n%s", encoding, want, ours, theirs, doc)
			}
		}
	}
}
