package gnmi

import (
	"encoding/base64"
	"math"
	"strconv"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Numbers of the fields that are written here, by message (gnmi.proto).
const (
	responseUpdate = 1 // SubscribeResponse

	notificationUpdate = 4 // Notification
	notificationDelete = 5

	updatePath  = 1 // Update
	updateValue = 3

	pathElem = 3 // Path

	elemName = 1 // PathElem
	elemKey  = 2

	mapKey   = 1 // an entry of a map
	mapValue = 2

	valueString   = 1 // TypedValue
	valueInt      = 2
	valueUint     = 3
	valueBool     = 4
	valueBytes    = 5
	valueLeafList = 8
	valueJSON     = 10
	valueJSONIETF = 11
	valueDouble   = 14

	arrayElement = 1 // ScalarArray
)

// verbatim adds fields in wire form to a message. They stand in it as fields
// that this program does not know, which are sent as they are: values by the
// hundred thousand a second need no object each.
func verbatim[M proto.Message](m M, fields []byte) M {
	m.ProtoReflect().SetUnknown(fields)
	return m
}

func appendField(dst []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, field, protowire.BytesType), content)
}

func appendText(dst []byte, field protowire.Number, content string) []byte {
	return protowire.AppendString(protowire.AppendTag(dst, field, protowire.BytesType), content)
}

func appendNumber(dst []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), n)
}

// appendUpdate appends an update to a Notification's fields.
func appendUpdate(dst, path, value []byte) []byte {
	size := protowire.SizeTag(updatePath) + protowire.SizeBytes(len(path)) +
		protowire.SizeTag(updateValue) + protowire.SizeBytes(len(value))
	dst = protowire.AppendVarint(protowire.AppendTag(dst, notificationUpdate, protowire.BytesType), uint64(size))
	return appendField(appendField(dst, updatePath, path), updateValue, value)
}

// appendElem appends a path element with the keys of a list entry to a Path's
// fields.
func appendElem(dst []byte, s *schema.Node, name string, keys []schema.Value) []byte {
	size := protowire.SizeTag(elemName) + protowire.SizeBytes(len(name))
	for i, k := range keys {
		size += protowire.SizeTag(elemKey) + protowire.SizeBytes(sizeKey(s.Keys[i].Name, k))
	}
	dst = protowire.AppendVarint(protowire.AppendTag(dst, pathElem, protowire.BytesType), uint64(size))
	dst = appendText(dst, elemName, name)
	for i, k := range keys {
		dst = protowire.AppendVarint(protowire.AppendTag(dst, elemKey, protowire.BytesType), uint64(sizeKey(s.Keys[i].Name, k)))
		dst = appendText(appendText(dst, mapKey, s.Keys[i].Name), mapValue, k.String())
	}
	return dst
}

func sizeKey(name string, v schema.Value) int {
	return protowire.SizeTag(mapKey) + protowire.SizeBytes(len(name)) +
		protowire.SizeTag(mapValue) + protowire.SizeBytes(len(v.String()))
}

// appendValue appends a node's value in the encoding to a TypedValue's fields.
// What has no PROTO form, a list without keys or a container, is JSON_IETF then.
func appendValue(dst []byte, n tree.Node, e gpb.Encoding, opt json.EncodeOptions) []byte {
	switch e {
	case gpb.Encoding_JSON:
		opt.Plain = true
		return appendField(dst, valueJSON, json.AppendNode(nil, n, opt))
	case gpb.Encoding_PROTO:
		switch x := n.(type) {
		case *tree.Leaf:
			return appendScalar(dst, x.Value())
		case *tree.LeafList:
			return appendLeafList(dst, x)
		case *tree.Any:
			return appendText(dst, valueString, x.XML())
		}
	}
	return appendField(dst, valueJSONIETF, json.AppendNode(nil, n, opt))
}

func appendLeafList(dst []byte, l *tree.LeafList) []byte {
	var array, one []byte
	for leaf := range l.All() {
		one = appendScalar(one[:0], leaf.Value())
		array = appendField(array, arrayElement, one)
	}
	return appendField(dst, valueLeafList, array)
}

// appendScalar appends a value in the encoding PROTO (gNMI specification section
// 2.2.3).
func appendScalar(dst []byte, v schema.Value) []byte {
	switch v.Type().Base {
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64:
		n, _ := v.Int()
		return appendNumber(dst, valueInt, uint64(n))
	case schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64:
		n, _ := v.Uint()
		return appendNumber(dst, valueUint, n)
	case schema.Boolean:
		b, _ := v.Bool()
		return appendNumber(dst, valueBool, protowire.EncodeBool(b))
	case schema.Empty:
		return appendNumber(dst, valueBool, protowire.EncodeBool(true))
	case schema.Decimal64:
		f, _ := strconv.ParseFloat(v.String(), 64)
		return protowire.AppendFixed64(protowire.AppendTag(dst, valueDouble, protowire.Fixed64Type), math.Float64bits(f))
	case schema.Binary:
		octets, _ := base64.StdEncoding.DecodeString(v.String()) // canonical, so it decodes
		return appendField(dst, valueBytes, octets)
	}
	return appendText(dst, valueString, v.String())
}
