package schema

import (
	"strconv"
	"strings"
	"time"
)

// argumentRules hold the form of arguments; a message means the argument is wrong.
var argumentRules = map[string]func(string) string{
	"module": identifierFault, "submodule": identifierFault, "prefix": identifierFault,
	"belongs-to": identifierFault, "import": identifierFault, "include": identifierFault,
	"typedef": identifierFault, "grouping": identifierFault, "container": identifierFault,
	"leaf": identifierFault, "leaf-list": identifierFault, "list": identifierFault,
	"choice": identifierFault, "case": identifierFault, "anydata": identifierFault,
	"anyxml": identifierFault, "rpc": identifierFault, "action": identifierFault,
	"notification": identifierFault, "extension": identifierFault, "feature": identifierFault,
	"identity": identifierFault, "structure": identifierFault, "argument": identifierFault, "bit": identifierFault,
	"uses": referenceFault, "base": referenceFault, "type": referenceFault,
	"config": oneOf("true", "false"), "mandatory": oneOf("true", "false"),
	"require-instance": oneOf("true", "false"), "yin-element": oneOf("true", "false"),
	"status":       oneOf("current", "deprecated", "obsolete"),
	"ordered-by":   oneOf("system", "user"),
	"modifier":     oneOf("invert-match"),
	"deviate":      oneOf("not-supported", "add", "replace", "delete"),
	"yang-version": oneOf("1", "1.1"),
	"revision":     dateFault, "revision-date": dateFault,
	"min-elements": unsignedFault(64), "position": unsignedFault(32),
	"max-elements": maxElementsFault, "fraction-digits": fractionDigitsFault,
	"value": enumValueFault, "enum": enumNameFault, "namespace": namespaceFault,
}

func (l *loader) checkArgument(s *stmt) {
	wantsNone := s.keyword == "input" || s.keyword == "output"
	switch {
	case wantsNone && s.hasArg:
		l.errs.breaks(s, ruleGrammar, "takes no argument")
	case !wantsNone && !s.hasArg:
		l.errs.breaks(s, ruleGrammar, "lacks its argument")
	default:
		if fault := argumentRules[s.keyword]; fault != nil {
			l.reportArgument(s, fault(s.arg))
		}
	}
}

func (l *loader) reportArgument(s *stmt, msg string) {
	switch msg {
	case "":
	case notIdentifier, notReference:
		l.errs.breaks(s, ruleNames, "%s", msg)
	default:
		l.errs.at(s, "%s", msg)
	}
}

// isIdentifier says whether s is an identifier (RFC 7950 section 6.2).
func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		other := c >= '0' && c <= '9' || c == '-' || c == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

const (
	notIdentifier = "argument is not an identifier"
	notReference  = "argument is not a name or prefix:name"
)

func identifierFault(s string) string {
	if isIdentifier(s) {
		return ""
	}
	return notIdentifier
}

func referenceFault(s string) string {
	prefix, name := splitPrefix(s)
	if isIdentifier(name) && (prefix == "" && !strings.Contains(s, ":") || isIdentifier(prefix)) {
		return ""
	}
	return notReference
}

// splitPrefix divides "prefix:name"; the prefix is empty when there is none.
func splitPrefix(s string) (prefix, name string) {
	if before, after, ok := strings.Cut(s, ":"); ok {
		return before, after
	}
	return "", s
}

func oneOf(allowed ...string) func(string) string {
	msg := "argument has to be one of: " + strings.Join(allowed, ", ")
	return func(s string) string {
		for _, a := range allowed {
			if s == a {
				return ""
			}
		}
		return msg
	}
}

func dateFault(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "argument is not a date of the form YYYY-MM-DD"
	}
	return ""
}

func unsignedFault(bits int) func(string) string {
	return func(s string) string {
		if _, err := strconv.ParseUint(s, 10, bits); err != nil || s[0] == '+' || len(s) > 1 && s[0] == '0' {
			return "argument is not an unsigned integer of " + strconv.Itoa(bits) + " bits without leading zeros"
		}
		return ""
	}
}

func maxElementsFault(s string) string {
	if s == "unbounded" || s != "0" && unsignedFault(64)(s) == "" {
		return ""
	}
	return `argument is neither a positive integer nor "unbounded"`
}

func fractionDigitsFault(s string) string {
	if n, err := strconv.ParseUint(s, 10, 8); err != nil || n < 1 || n > 18 || s[0] == '0' {
		return "argument is not in the range 1..18"
	}
	return ""
}

func enumValueFault(s string) string {
	digits := strings.TrimPrefix(s, "-")
	if _, err := strconv.ParseInt(s, 10, 32); err != nil || s[0] == '+' || len(digits) > 1 && digits[0] == '0' {
		return "argument is not an integer in the range -2147483648..2147483647 without leading zeros"
	}
	return ""
}

func enumNameFault(s string) string {
	if s == "" || strings.TrimFunc(s, isSpace) != s {
		return "an enum's name is neither empty nor does it start or end with white space"
	}
	return ""
}

func namespaceFault(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n\"<>") {
		return "argument is not a URI"
	}
	return ""
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }
