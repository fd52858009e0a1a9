package netconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

func TestTermination(t *testing.T) {
	for _, tt := range []struct {
		reason error
		want   string
	}{
		{errClosed, "closed"},
		{killedError{7}, "killed"},
		{errGone, "dropped"},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), "dropped"},
		{errIdle, "timeout"},
		{errNoHello, "timeout"},
		{fmt.Errorf("exchange hellos: %w", fmt.Errorf("%w: %w", errBadHello, errors.New("no capabilities"))), "bad-hello"},
		{errShutdown, "other"},
		{fmt.Errorf("%w: no name", errMalformed), "other"},
		{fmt.Errorf("read: %w", framing.ErrTooBig), "other"},
		{fmt.Errorf("read: %w", &framing.SyntaxError{}), "other"},
	} {
		if got := termination(tt.reason); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.reason, got, tt.want)
		}
	}
}

// domains is an edit that creates domains 100 to 100+n-1.
func (r *rig) domains(n int) *tree.Edit {
	r.t.Helper()
	var b strings.Builder
	b.WriteString(`<config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><domains>`)
	for i := range n {
		fmt.Fprintf(&b, `<domain><name>d%d</name><config><name>d%[1]d</name><id>%[1]d</id><privilege-level>LOW</privilege-level></config></domain>`, 100+i)
	}
	b.WriteString(`</domains></mpk-security></config>`)
	config := must(xml.Parse([]byte(b.String()), xml.Limits{}))(r.t)
	return must(xml.DecodeEdit(r.set, config, xml.DecodeOptions{}))(r.t)
}

// TestConfigChangeOfAnyProtocol holds that a change is told whoever made it.
func TestConfigChangeOfAnyProtocol(t *testing.T) {
	for _, tt := range []struct {
		name  string
		actor datastore.Actor
		n     int
		want  string
	}{
		{
			"gNMI",
			datastore.Actor{User: "robot", Protocol: "gnmi", Source: "2001:db8::1"},
			1,
			"<username>robot</username><session-id>0</session-id><source-host>2001:db8::1</source-host>",
		},
		{"the appliance itself", datastore.Actor{}, 1, "<changed-by><server/></changed-by>"},
		{
			"a large one names its top",
			datastore.Actor{},
			maxEdits + 1,
			`>/mpk:mpk-security</target><operation>merge</operation></edit></netconf-config-change>`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Limits{})
			c := r.open("admin")
			c.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
			if err := r.store.Apply(context.Background(), tt.actor, r.domains(tt.n)); err != nil {
				t.Fatal(err)
			}
			if got := c.receive(); !strings.Contains(got, tt.want) {
				t.Errorf("got %s", got)
			}
		})
	}
}
