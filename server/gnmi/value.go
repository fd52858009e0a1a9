package gnmi

import (
	"encoding/base64"
	"strconv"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// encodings are those served.
var encodings = []gpb.Encoding{gpb.Encoding_JSON, gpb.Encoding_JSON_IETF, gpb.Encoding_PROTO}

// checkEncoding refuses encodings that are not served (gNMI specification
// section 3.3.1).
func checkEncoding(e gpb.Encoding) error {
	for _, served := range encodings {
		if e == served {
			return nil
		}
	}
	return status.Errorf(codes.Unimplemented, "encoding %s is not supported; JSON, JSON_IETF and PROTO are", e)
}

// encode returns a node's value in the encoding. What has no PROTO form, a list
// without keys or a container, is written as JSON_IETF.
func encode(n tree.Node, e gpb.Encoding, opt json.EncodeOptions) *gpb.TypedValue {
	switch {
	case e == gpb.Encoding_JSON:
		opt.Plain = true
		return &gpb.TypedValue{Value: &gpb.TypedValue_JsonVal{JsonVal: json.AppendNode(nil, n, opt)}}
	case e == gpb.Encoding_PROTO:
		if v := scalar(n); v != nil {
			return v
		}
	}
	return &gpb.TypedValue{Value: &gpb.TypedValue_JsonIetfVal{JsonIetfVal: json.AppendNode(nil, n, opt)}}
}

// scalar returns the PROTO form of a leaf, leaf-list or anydata; nil for others.
func scalar(n tree.Node) *gpb.TypedValue {
	switch x := n.(type) {
	case *tree.Leaf:
		return typed(x.Value())
	case *tree.LeafList:
		all := make([]*gpb.TypedValue, 0, x.Len())
		for l := range x.All() {
			all = append(all, typed(l.Value()))
		}
		return &gpb.TypedValue{Value: &gpb.TypedValue_LeaflistVal{LeaflistVal: &gpb.ScalarArray{Element: all}}}
	case *tree.Any:
		return text(x.XML())
	}
	return nil
}

// typed returns the PROTO form of a value (gNMI specification section 2.2.3).
func typed(v schema.Value) *gpb.TypedValue {
	switch v.Type().Base {
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64:
		n, _ := v.Int()
		return &gpb.TypedValue{Value: &gpb.TypedValue_IntVal{IntVal: n}}
	case schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64:
		n, _ := v.Uint()
		return &gpb.TypedValue{Value: &gpb.TypedValue_UintVal{UintVal: n}}
	case schema.Boolean:
		b, _ := v.Bool()
		return &gpb.TypedValue{Value: &gpb.TypedValue_BoolVal{BoolVal: b}}
	case schema.Empty:
		return &gpb.TypedValue{Value: &gpb.TypedValue_BoolVal{BoolVal: true}}
	case schema.Decimal64:
		f, _ := strconv.ParseFloat(v.String(), 64)
		return &gpb.TypedValue{Value: &gpb.TypedValue_DoubleVal{DoubleVal: f}}
	case schema.Binary:
		octets, _ := base64.StdEncoding.DecodeString(v.String()) // canonical, so it decodes
		return &gpb.TypedValue{Value: &gpb.TypedValue_BytesVal{BytesVal: octets}}
	}
	return text(v.String())
}

func text(s string) *gpb.TypedValue {
	return &gpb.TypedValue{Value: &gpb.TypedValue_StringVal{StringVal: s}}
}
