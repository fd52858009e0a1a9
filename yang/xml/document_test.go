package xml

import (
	"bytes"
	"errors"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestDecode reads whole documents, wrapped and bare.
func TestDecode(t *testing.T) {
	set := codectest.Example(t)
	const lone, mtu = `<lone xmlns="urn:ex">x</lone>`, `<top xmlns="urn:ex"><mtu>70</mtu></top>`
	for _, tc := range []struct{ in, want string }{
		{lone, lone},
		{`<data>` + mtu + lone + `</data>`, mtu + lone},
		{`<config xmlns="` + BaseNamespace + `">` + lone + mtu + `</config>`, mtu + lone},
		{`<data xmlns="urn:not-known"/>`, ""},
		{`<rpc-reply xmlns="` + BaseNamespace + `" message-id="1"><data>` + lone + `</data></rpc-reply>`, lone},
	} {
		at, err := Decode(set, []byte(tc.in), DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
			continue
		}
		var got bytes.Buffer
		if err := Encode(&got, at.Root(), EncodeOptions{}); err != nil || got.String() != tc.want {
			t.Errorf("%s: got %s, %v", tc.in, &got, err)
		}
	}
}

// TestDecodeRefusesDocuments refuses what is no data.
func TestDecodeRefusesDocuments(t *testing.T) {
	set := codectest.Example(t)
	const state = `<top xmlns="urn:ex"><stats><in>1</in></stats></top>`
	for in, tag := range map[string]tree.Tag{
		`<lone xmlns="urn:ex" xmlns:nc="` + BaseNamespace + `" nc:operation="delete"/>`: tree.TagUnknownAttribute,
		`<rpc-reply xmlns="` + BaseNamespace + `"><ok/></rpc-reply>`:                    tree.TagUnknownNamespace,
		`<data>text</data>`: tree.TagBadElement,
		state:               tree.TagUnknownElement,
	} {
		var fault *tree.Error
		if _, err := Decode(set, []byte(in), DecodeOptions{}); !errors.As(err, &fault) || fault.Tag != tag {
			t.Errorf("%s: got %v, want %s", in, err, tag)
		}
	}
	if _, err := Decode(set, []byte(state), DecodeOptions{State: true}); err != nil {
		t.Error(err)
	}
	var syntax *SyntaxError
	if _, err := Decode(set, []byte(`<data/>`), DecodeOptions{Limits: Limits{Bytes: 6}}); !errors.As(err, &syntax) || !syntax.TooBig {
		t.Errorf("got %v", err)
	}
}
