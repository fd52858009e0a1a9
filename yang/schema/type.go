package schema

import (
	"regexp"

	"github.com/optical-net/waveguard/yang/xpath"
)

// Base is a built-in type of RFC 7950 section 4.2.4.
type Base uint8

// The built-in types.
const (
	Int8 Base = iota + 1
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Decimal64
	String
	Boolean
	Enumeration
	Bits
	Binary
	Leafref
	Identityref
	Empty
	Union
	InstanceIdentifier
)

// Type is a compiled type: a built-in type with all restrictions of the typedef
// chain merged.
type Type struct {
	Base Base
	// Name is the type's name as the leaf's type statement has it, prefix
	// included; Typedefs the chain of typedef names down to the built-in one.
	Name     string
	Typedefs []string

	Range    []Interval // integers and decimal64, in units of the least digit; sorted; empty: whole type
	Length   []Interval // string (characters) and binary (octets)
	Patterns []*Pattern
	// RangeError and LengthError carry error-message and error-app-tag of the
	// restriction, nil when the statement has none.
	RangeError, LengthError *RestrictionError

	FractionDigits uint8
	Enums          []*Enum // statement order
	Bits           []*Bit  // position order
	IdentityBases  []*Identity
	Members        []*Type // union: in order, nested unions laid flat

	// XPath says that values are XPath expressions: yang:xpath1.0 (RFC 6991 section
	// 4) and what is derived from it.
	XPath bool

	Path            *xpath.Expr // leafref
	PathText        string      // leafref: the path as it is written
	Target          *Node       // leafref: the leaf or leaf-list referred to
	RequireInstance bool        // leafref, instance-identifier
	referred        *Type       // leafref: the type at the end of the chain of leafrefs

	enumByName map[string]*Enum
	bitByName  map[string]*Bit

	conditional map[string]bool // enums and bits that have an if-feature

	path  prop   // leafref: the path statement
	def   prop   // the default that comes with a typedef of the chain
	units string // likewise
}

// Interval is one part of a range or length, ends included. Bounds are kept as
// signed and unsigned halves so that int64 and uint64 both fit.
type Interval struct{ Min, Max Number }

// Number is an integer from -2^63 to 2^64-1: Neg says that Abs counts down from zero.
type Number struct {
	Neg bool
	Abs uint64
}

// Pattern is one pattern statement (RFC 7950 section 9.4.5).
type Pattern struct {
	Source string
	Regexp *regexp.Regexp
	Invert bool
	RestrictionError
}

// RestrictionError is what a restriction statement says of its violation.
type RestrictionError struct{ Message, AppTag string }

// Enum is one enum of an enumeration.
type Enum struct {
	Name  string
	Value int32
}

// Bit is one bit of a bits type.
type Bit struct {
	Name     string
	Position uint32
}
