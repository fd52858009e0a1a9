package gnmi

import (
	"encoding/base64"
	"strconv"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
)

// parseScalar reads a value for a leaf, or for one entry of a leaf-list. The
// error is a status with INVALID_ARGUMENT, or with UNIMPLEMENTED for forms that
// are not served.
func parseScalar(s *schema.Node, v *gpb.TypedValue) (schema.Value, error) {
	switch x := v.GetValue().(type) {
	case *gpb.TypedValue_StringVal:
		return parse(s, x.StringVal, schema.JSONString)
	case *gpb.TypedValue_BoolVal:
		return parseBool(s, x.BoolVal)
	case *gpb.TypedValue_IntVal:
		return parseNumber(s, strconv.FormatInt(x.IntVal, 10))
	case *gpb.TypedValue_UintVal:
		return parseNumber(s, strconv.FormatUint(x.UintVal, 10))
	case *gpb.TypedValue_DoubleVal:
		return parseNumber(s, strconv.FormatFloat(x.DoubleVal, 'f', -1, 64))
	case *gpb.TypedValue_FloatVal:
		//lint:ignore SA1019 clients still send it
		return parseNumber(s, strconv.FormatFloat(float64(x.FloatVal), 'f', -1, 32))
	case *gpb.TypedValue_DecimalVal:
		//lint:ignore SA1019 clients still send it
		return parseNumber(s, formatDecimal(x.DecimalVal.GetDigits(), x.DecimalVal.GetPrecision()))
	case *gpb.TypedValue_BytesVal:
		return parseBytes(s, x.BytesVal)
	case nil:
		return schema.Value{}, status.Error(codes.InvalidArgument, "the value is missing; use delete to remove a node")
	}
	return schema.Value{}, status.Errorf(codes.Unimplemented, "values in the field %s are not supported; send a scalar, json_val or json_ietf_val", fieldOf(v))
}

func parse(s *schema.Node, text string, form schema.Form) (schema.Value, error) {
	v, err := s.Type.Parse(schema.Lexical{Text: text, Form: form, Module: s.Module, Root: s.Set().Root})
	if err != nil {
		return v, status.Error(codes.InvalidArgument, err.Error())
	}
	return v, nil
}

// parseNumber reads a number, whichever of RFC 7951's two forms the leaf's type
// gives numbers.
func parseNumber(s *schema.Node, text string) (schema.Value, error) {
	v, err := parse(s, text, schema.JSONNumber)
	if err == nil {
		return v, nil
	}
	if v, werr := parse(s, text, schema.JSONString); isWide(v) {
		return v, nil
	} else if werr != nil && takesWide(s.Type) {
		return v, werr
	}
	return v, err
}

// isWide says that a number has a type that JSON writes as a string.
func isWide(v schema.Value) bool { return !v.IsZero() && takesWide(v.Type()) }

func takesWide(t *schema.Type) bool {
	switch t.Base {
	case schema.Int64, schema.Uint64, schema.Decimal64:
		return true
	case schema.Leafref:
		return t.Target != nil && takesWide(t.Target.Type)
	}
	return false
}

// parseBool reads a boolean; true is also the value of type empty.
func parseBool(s *schema.Node, b bool) (schema.Value, error) {
	v, err := parse(s, strconv.FormatBool(b), schema.JSONBool)
	if err != nil && b {
		if e, eerr := parse(s, "", schema.JSONNull); eerr == nil {
			return e, nil
		}
	}
	return v, err
}

func parseBytes(s *schema.Node, octets []byte) (schema.Value, error) {
	v, err := parse(s, base64.StdEncoding.EncodeToString(octets), schema.JSONString)
	if err == nil && v.Type().Base != schema.Binary {
		return v, status.Errorf(codes.InvalidArgument, "bytes_val is for values of type binary; %s is %s", s.Name, s.Type.Name)
	}
	return v, err
}

// formatDecimal writes digits with the last of them after the point.
func formatDecimal(digits int64, precision uint32) string {
	const most = 18 // digits of a decimal64 after the point (RFC 7950 section 9.3.4)
	if precision > most {
		return "" // no number
	}
	text, sign := strconv.FormatInt(digits, 10), ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	for len(text) <= int(precision) {
		text = "0" + text
	}
	if precision == 0 {
		return sign + text
	}
	point := len(text) - int(precision)
	return sign + text[:point] + "." + text[point:]
}

// fieldOf names the field of TypedValue that is set.
func fieldOf(v *gpb.TypedValue) string {
	m := v.ProtoReflect()
	if f := m.WhichOneof(m.Descriptor().Oneofs().ByName("value")); f != nil {
		return string(f.Name())
	}
	return "none"
}
