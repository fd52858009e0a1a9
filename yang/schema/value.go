package schema

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Value is one leaf value in canonical form (RFC 7950 section 9.1). It is small,
// comparable, and immutable.
//
// The canonical form of an identityref is "module:name" and that of an
// instance-identifier is the one of RFC 7951 section 6.11; both are independent
// of any prefix binding, and the codecs translate.
type Value struct {
	canon string
	typ   *Type
}

// String returns the canonical form.
func (v Value) String() string { return v.canon }

// Type returns the built-in or derived type that accepted the value: for a
// union the member, for a leafref the type of the leaf referred to.
func (v Value) Type() *Type { return v.typ }

// IsZero says whether v is the zero Value, which no leaf has.
func (v Value) IsZero() bool { return v.typ == nil }

// base returns the value's built-in type, 0 for the zero Value.
func (v Value) base() Base {
	if v.typ == nil {
		return 0
	}
	return v.typ.Base
}

// Unchecked returns the value with that canonical form. It is for values that
// were valid when the program stored them, or that it made itself: nothing is
// checked except to find the member of a union.
func (t *Type) Unchecked(canon string) Value {
	if t.referred != nil {
		t = t.referred
	}
	if t.Base == Union {
		return t.uncheckedMember(canon)
	}
	return Value{canon, t}
}

func (t *Type) uncheckedMember(canon string) Value {
	if v, err := t.Parse(Lexical{Text: canon, Form: Canonical}); err == nil {
		return v
	}
	return Value{canon, t}
}

// Int returns an integer value; false when it is none or exceeds int64.
func (v Value) Int() (int64, bool) {
	if !v.base().isInteger() {
		return 0, false
	}
	n, err := strconv.ParseInt(v.canon, 10, 64)
	return n, err == nil
}

// Uint returns an integer value; false when it is none or negative.
func (v Value) Uint() (uint64, bool) {
	if !v.base().isInteger() {
		return 0, false
	}
	n, err := strconv.ParseUint(v.canon, 10, 64)
	return n, err == nil
}

// Decimal returns a decimal64 in units of the least digit of its type.
func (v Value) Decimal() (units int64, ok bool) {
	if v.base() != Decimal64 {
		return 0, false
	}
	n, ok := parseDecimal(v.canon, v.typ.FractionDigits)
	if n.Neg {
		return -int64(n.Abs), ok
	}
	return int64(n.Abs), ok
}

// Bool returns a boolean value; ok is false when it is none.
func (v Value) Bool() (value, ok bool) { return v.canon == "true", v.base() == Boolean }

// Bits returns the names of the bits that are set, in position order; nil when
// v is not of type bits.
func (v Value) Bits() []string {
	if v.base() != Bits {
		return nil
	}
	return strings.Fields(v.canon)
}

// EnumValue returns the integer assigned to an enum; false when v is none.
func (v Value) EnumValue() (int32, bool) {
	if v.base() != Enumeration {
		return 0, false
	}
	e := v.typ.enumByName[v.canon]
	if e == nil {
		return 0, false
	}
	return e.Value, true
}

// Identity returns the identity an identityref names, or nil.
func (v Value) Identity() *Identity {
	if v.base() != Identityref || len(v.typ.IdentityBases) == 0 {
		return nil
	}
	return v.typ.IdentityBases[0].byName[v.canon]
}

// The first byte of a comparison key. Values of different built-in types never
// have equal keys.
const (
	tagNegative = 0x10
	tagPositive = 0x11
	tagDecimal  = 0x20 // plus the fraction digits, at most 18
	tagText     = 0x40
)

// AppendKey appends a comparison key to dst and returns it. Keys compare as
// bytes in the order of the values: by number for integers and decimal64, by the
// bytes of the canonical form for all others. A key is never the start of
// another, so that keys in a row compare as tuples do.
func (v Value) AppendKey(dst []byte) []byte {
	switch {
	case v.base().isInteger():
		if n, err := strconv.ParseUint(v.canon, 10, 64); err == nil {
			return binary.BigEndian.AppendUint64(append(dst, tagPositive), n)
		}
		if n, err := strconv.ParseInt(v.canon, 10, 64); err == nil {
			return binary.BigEndian.AppendUint64(append(dst, tagNegative), uint64(n))
		}
	case v.base() == Decimal64:
		if n, ok := v.Decimal(); ok {
			return binary.BigEndian.AppendUint64(append(dst, tagDecimal+v.typ.FractionDigits), uint64(n)^1<<63)
		}
	}
	return appendText(append(dst, tagText), v.canon)
}

// appendText appends s so that no text is the start of another: zero bytes are
// followed by FF, the end is two zero bytes.
func appendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0, 0)
}
