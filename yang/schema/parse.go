package schema

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads a value of the type and brings it into canonical form (RFC 7950
// section 9, RFC 7951 section 6). It checks everything but that a leafref's or
// instance-identifier's target exists. The error is a *ValueError.
func (t *Type) Parse(in Lexical) (Value, error) {
	switch t.Base {
	case Leafref:
		if t.Target == nil || t.Target.Type == nil {
			return Value{}, in.wrong("refers to nothing that is known")
		}
		return t.Target.Type.Parse(in)
	case Union:
		return t.parseUnion(in)
	}
	if err := t.checkForm(in); err != nil {
		return Value{}, err
	}
	canon, err := t.canonical(in)
	if err != nil {
		return Value{}, err
	}
	return Value{canon, t}, nil
}

// canonical dispatches on the built-in type.
func (t *Type) canonical(in Lexical) (string, error) {
	switch t.Base {
	case Decimal64:
		return t.parseDecimal(in)
	case String:
		return t.parseString(in)
	case Boolean:
		return parseBoolean(in)
	case Enumeration:
		return t.parseEnum(in)
	case Bits:
		return t.parseBits(in)
	case Binary:
		return t.parseBinary(in)
	case Identityref:
		return t.parseIdentityref(in)
	case Empty:
		return parseEmpty(in)
	case InstanceIdentifier:
		return parseInstanceIdentifier(in)
	}
	return t.parseInteger(in)
}

func (t *Type) parseInteger(in Lexical) (string, error) {
	parse := parseDigits
	if in.statement {
		parse = parseInteger
	}
	n, ok := parse(in.trimmed())
	if !ok {
		return "", in.wrong("is not an integer in the range %s", formatParts(t.Range, 0))
	}
	if !contains(t.Range, n) {
		return "", in.restricted(t.RangeError, "is not in the range %s", formatParts(t.Range, 0))
	}
	return n.format(0), nil
}

func (t *Type) parseDecimal(in Lexical) (string, error) {
	n, ok := parseDecimal(in.trimmed(), t.FractionDigits)
	if !ok {
		return "", in.wrong("is not a decimal number with at most %d fraction digits", t.FractionDigits)
	}
	if !contains(t.Range, n) {
		return "", in.restricted(t.RangeError, "is not in the range %s", formatParts(t.Range, t.FractionDigits))
	}
	return n.format(t.FractionDigits), nil
}

func (t *Type) parseString(in Lexical) (string, error) {
	if t.XPath {
		return t.parseXPath(in)
	}
	if i := strings.IndexFunc(in.Text, illegalRune); i >= 0 || !utf8.ValidString(in.Text) {
		return "", in.wrong("has characters that YANG strings cannot have")
	}
	if len(t.Length) > 0 {
		n := Number{Abs: uint64(utf8.RuneCountInString(in.Text))}
		if !contains(t.Length, n) {
			return "", in.restricted(t.LengthError, "is %s characters long, not in the range %s", n, formatParts(t.Length, 0))
		}
	}
	for _, p := range t.Patterns {
		if p.Regexp.MatchString(in.Text) != p.Invert {
			continue
		}
		verb := "does not match"
		if p.Invert {
			verb = "matches the excluded"
		}
		return "", in.restricted(&p.RestrictionError, "%s pattern %s", verb, p.Source)
	}
	return in.Text, nil
}

// illegalRune says whether a character is outside RFC 7950 section 9.4.
func illegalRune(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\t' && r != '\n' && r != '\r'
	case r >= 0xFDD0 && r <= 0xFDEF:
		return true
	}
	return r&0xFFFE == 0xFFFE
}

func parseBoolean(in Lexical) (string, error) {
	if in.Text != "true" && in.Text != "false" {
		return "", in.wrong(`is neither "true" nor "false"`)
	}
	return in.Text, nil
}

func (t *Type) parseEnum(in Lexical) (string, error) {
	if t.enumByName[in.Text] == nil {
		names := make([]string, len(t.Enums))
		for i, e := range t.Enums {
			names[i] = e.Name
		}
		return "", in.wrong("is not one of %s", listed(names))
	}
	return in.Text, nil
}

// listed joins names, the first 20 when there are more.
func listed(names []string) string {
	const most = 20
	if len(names) == 0 {
		return "none"
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

func (t *Type) parseBits(in Lexical) (string, error) {
	set := strings.FieldsFunc(in.Text, isSpace)
	for i, name := range set {
		if t.bitByName[name] == nil {
			return "", in.wrong("has the unknown bit %q; the bits are %s", name, listed(t.bitNames(nil)))
		}
		if slices.Contains(set[:i], name) {
			return "", in.wrong("has the bit %q twice", name)
		}
	}
	return strings.Join(t.bitNames(set), " "), nil
}

// bitNames returns the names of set in position order; all of the type when set is nil.
func (t *Type) bitNames(set []string) []string {
	var names []string
	for _, b := range t.Bits {
		if set == nil || slices.Contains(set, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names
}

func (t *Type) parseBinary(in Lexical) (string, error) {
	text := strings.Map(func(r rune) rune {
		if isSpace(r) {
			return -1
		}
		return r
	}, in.Text)
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", in.wrong("is not base64 (RFC 4648 section 4)")
	}
	n := Number{Abs: uint64(len(octets))}
	if !contains(t.Length, n) {
		return "", in.restricted(t.LengthError, "holds %s octets, not in the range %s", n, formatParts(t.Length, 0))
	}
	return base64.StdEncoding.EncodeToString(octets), nil
}

func (t *Type) parseIdentityref(in Lexical) (string, error) {
	prefix, name := splitPrefix(in.Text)
	module, ok := in.module(prefix)
	if !ok {
		return "", in.wrong("has a prefix that is bound to no known module")
	}
	canon := module + ":" + name
	for _, base := range t.IdentityBases {
		if base.byName[canon] == nil {
			return "", in.wrong("is not an identity derived from %s; derived are %s", base, listed(base.Derived()))
		}
	}
	return canon, nil
}

func parseEmpty(in Lexical) (string, error) {
	if in.Form != JSONNull && in.Text != "" {
		return "", in.wrong("is not empty")
	}
	return "", nil
}

// parseUnion takes the first member that accepts the value (RFC 7950 section
// 9.12). For canonical text a member whose canonical form it is goes first:
// another may have accepted it in another encoding.
func (t *Type) parseUnion(in Lexical) (Value, error) {
	if in.Form == Canonical {
		for _, m := range t.Members {
			if v, err := m.Parse(in); err == nil && v.canon == in.Text {
				return v, nil
			}
		}
	}
	var reasons []string
	for _, m := range t.Members {
		v, err := m.Parse(in)
		if err == nil {
			return v, nil
		}
		if reason := err.Error(); !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	const most = 5
	if len(reasons) > most {
		reasons = append(reasons[:most], "...")
	}
	return Value{}, in.wrong("fits no member of the union: %s", strings.Join(reasons, "; "))
}
