package netconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

func TestRPCErrors(t *testing.T) {
	invalid := &tree.Error{Tag: "invalid-value", Message: "a"}
	denied := &tree.Error{Tag: "lock-denied", Message: "b", Info: [][2]string{{"session-id", "4"}}}
	for _, c := range []struct {
		name string
		err  error
		want string // layer, tag and message of each
	}{
		{"data", invalid, "application invalid-value a"},
		{"wrapped", fmt.Errorf("commit: %w", invalid), "application invalid-value a"},
		{"lock-denied is of the protocol", denied, "protocol lock-denied b"},
		{"several", errors.Join(invalid, denied), "application invalid-value a|protocol lock-denied b"},
		{"several, nested", fmt.Errorf("x: %w", errors.Join(fmt.Errorf("y: %w", invalid), errors.Join(denied))), "application invalid-value a|protocol lock-denied b"},
		{"with its cause", errors.Join(invalid, errors.New("disk")), "application invalid-value a"},
		{"protocol", protocolError(tagBadElement, "c"), "protocol bad-element c"},
		{"of no kind", errors.New("no space"), "application operation-failed no space"},
		{"several of no kind", errors.Join(errors.New("d"), errors.New("e")), "application operation-failed d\ne"},
		{"cancelled", fmt.Errorf("wait: %w", context.Canceled), "application operation-failed the session ended before the operation did"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, e := range rpcErrors(c.err) {
				got = append(got, fmt.Sprintf("%s %s %s", e.layer, e.fault.Tag, e.fault.Message))
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, "|"), c.want)
			}
		})
	}
}

func TestRPCErrorXML(t *testing.T) {
	var b bytes.Buffer
	rpcErrors(&tree.Error{
		Tag: "operation-failed", AppTag: "data-not-unique", Message: `"<a>" & b`,
		Info: [][2]string{{"non-unique", "/x"}, {"bad-element", "y"}},
	})[0].write(&b)
	const want = `<rpc-error><error-type>application</error-type><error-tag>operation-failed</error-tag>` +
		`<error-severity>error</error-severity><error-app-tag>data-not-unique</error-app-tag>` +
		`<error-message xml:lang="en">"&lt;a&gt;" &amp; b</error-message>` +
		`<error-info><non-unique xmlns="urn:ietf:params:xml:ns:yang:1">/x</non-unique><bad-element>y</bad-element></error-info></rpc-error>`
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}
