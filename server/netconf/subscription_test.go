package netconf

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
)

const lineModule = `module line {
  yang-version 1.1;
  namespace "urn:line";
  prefix l;
  container lines {
    list line {
      key name;
      leaf name { type string; }
      notification down { leaf reason { type string; } }
    }
  }
}`

// RFC 7950 section 7.16.2: a notification of an instance comes within the nodes that
// lead to it, whichever kind of subscription it comes by, and from the log as well.
func TestNotificationOfAnInstance(t *testing.T) {
	r := newRigFor(t, withModule(t, "line", lineModule), Limits{})
	list := r.set.Root.Child("line", "lines").Child("line", "line")
	down := list.Notification("line", "down")
	tell := func(name string) {
		at := must(r.set.ParsePath("/line:lines/line[name='" + name + "']"))(t)
		event := &nodes{of: down}
		event.leaf("reason", "no light")
		r.hub.Publish(notify.Notification{Time: noon, At: tree.Path(at), Content: event.container()})
	}
	const want = `<eventTime>2026-11-23T12:00:00Z</eventTime><lines xmlns="urn:line"><line><name>west &amp; east</name><down><reason>no light</reason></down></line></lines></notification>`
	const filter = `<lines xmlns="urn:line"><line><name>west &amp; east</name><down/></line></lines>`
	classic, subscribed, late := r.open("admin"), r.open("viewer"), r.open("operator")
	classic.mustOK(`<create-subscription xmlns="` + nsNotification + `"><filter>` + filter + `</filter></create-subscription>`)
	subscribed.rpc(`<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><stream>NETCONF</stream><stream-subtree-filter>` + filter + `</stream-subtree-filter></establish-subscription>`)
	tell("elsewhere")
	tell("west & east")
	late.mustOK(`<create-subscription xmlns="` + nsNotification + `"><startTime>2026-11-23T12:00:00Z</startTime><filter type="xpath" select="//line[name='west &amp; east']"/></create-subscription>`)
	for _, c := range []*client{classic, subscribed, late} {
		if got := c.receive(); !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A client that does not read for a while gets few updates, the last of which leads
// to what there is, and costs those who edit nothing.
func TestSlowReaderGetsFewUpdates(t *testing.T) {
	r := newRig(t, Limits{})
	here, there := net.Pipe() // which holds nothing for who does not read
	defer here.Close()
	user := must(r.users.AuthenticateCert("viewer"))(t)
	go r.ServeSession(context.Background(), there, Peer{User: user, Transport: "netconf-ssh"})
	c := &client{t: t, Framer: framing.New(here, 64<<20)}
	c.receive()
	c.send(hello11)
	c.Upgrade()
	if reply := c.rpc(watchTransitions + withoutSync); !strings.Contains(reply, "<id") {
		t.Fatal(reply)
	}
	admin := r.open("admin")
	const edits = 100
	for i := range edits {
		admin.mustOK(edit("running", fmt.Sprintf(`<transitions><transition><source>dashboard</source><target>controller</target><config><max-rate>%d</max-rate></config></transition></transitions>`, i+1)))
	}
	for n := 1; ; n++ {
		update := c.receive()
		if strings.Contains(update, fmt.Sprintf("<max-rate xmlns=\"https://mpk-security.optical.net/yang/mpk-security\">%d<", edits)) {
			if n > edits/2 {
				t.Errorf("%d updates for %d edits", n, edits)
			}
			return
		}
	}
}

// However long updates take to make, requests have their turn between them.
func TestHeavyUpdatesLeaveRequestsTheirTurn(t *testing.T) {
	r := newRig(t, Limits{})
	data := r.publisher.Operational
	r.publisher.Operational = func() (*tree.Tree, error) {
		time.Sleep(120 * time.Millisecond) // longer than the period: there is always one due
		return data()
	}
	c := r.open("admin")
	c.rpc(strings.NewReplacer("ds:running", "ds:operational", "<yp:on-change>", "<yp:periodic><yp:period>10</yp:period></yp:periodic></establish-subscription>").Replace(watchTransitions))
	c.receive()
	c.send(`<rpc message-id="9" xmlns="` + nsBase + `">` + getDomains + `</rpc>`)
	for n := 0; !strings.Contains(c.receive(), `message-id="9"`); n++ {
		if n > forwardAtOnce/2 {
			t.Fatalf("%d notifications before the reply", n)
		}
	}
}
