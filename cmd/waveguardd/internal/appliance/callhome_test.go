package appliance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// controller waits for the appliance to call.
type controller struct {
	t testing.TB
	net.Listener
}

func newController(t testing.TB) *controller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &controller{t, l}
}

func (c *controller) port() int { return c.Addr().(*net.TCPAddr).Port }

// called returns the next connection.
func (c *controller) called() net.Conn {
	c.t.Helper()
	_ = c.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second))
	conn, err := c.Accept()
	if err != nil {
		c.t.Fatalf("nobody calls: %v", err)
	}
	c.t.Cleanup(func() { conn.Close() })
	return conn
}

// callHome configures a call; config is of the controller, more stands beside it.
func callHome(config, more string, places ...int) string {
	var endpoints strings.Builder
	for i, port := range places {
		endpoints.WriteString(endpoint(fmt.Sprintf("e%d", i), fmt.Sprintf("<address>127.0.0.1</address><port>%d</port>", port)))
	}
	return `<netconf><call-home><client><name>odl</name><config><name>odl</name>` + config + `</config>` + more + `<endpoints>` + endpoints.String() + `</endpoints></client></call-home></netconf>`
}

const impatient = `<reconnect><config><max-wait>1</max-wait><max-attempts>1</max-attempts></config></reconnect>`

// TestCallHome holds RFC 8071 over SSH: the appliance calls, the controller signs
// in, and when the connection is lost, or the controller was elsewhere, it calls
// again; without configuration it does not.
func TestCallHome(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, odl := dial(t, a), newController(t)
	dead := freePort(t)
	c.call(serverEdit("running", callHome("", impatient, dead, odl.port())))
	home, conn := overSSH(t, odl.called())
	home.call(`<get-config><source><running/></source><filter/></get-config>`)
	eventually(t, "the connection is told", func() bool {
		s := c.serverState()
		return strings.Contains(s, "<connected>true</connected>") && strings.Contains(s, "<connected-endpoint>e1<") && !strings.Contains(s, "<last-error>")
	})
	conn.Close()
	eventually(t, "the loss is told", func() bool {
		s := c.serverState()
		return strings.Contains(s, "<connected>false</connected>") && strings.Contains(s, "<last-error>")
	})
	home, _ = overSSH(t, odl.called())
	c.call(serverEdit("running", `<netconf><call-home nc:operation="delete"/></netconf>`))
	home.call("<close-session/>") // it lived on
	overSSH(t, callAgain(t, odl, c))
}

// callAgain configures a call to a controller that was forgotten, and returns
// the only connection that results.
func callAgain(t testing.TB, odl *controller, c *client) net.Conn {
	t.Helper()
	_ = odl.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(300 * time.Millisecond))
	if conn, err := odl.Accept(); err == nil {
		conn.Close()
		t.Error("a controller that is not configured is called")
	}
	c.call(serverEdit("running", callHome("", impatient, odl.port())))
	return odl.called()
}

// TestCallHomeOverTLS holds that the controller, though it is called, is the TLS
// client, and that a stranger who answers gets nowhere and is called again.
func TestCallHomeOverTLS(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	secure(t, a, authority)
	odl := newController(t)
	dial(t, a).call(serverEdit("running", callHome("<transport>TLS</transport>", impatient, odl.port())))
	for _, user := range []string{"nobody", "admin"} {
		as := authority.issue(t, &x509.Certificate{Subject: named(user)})
		conn := tls.Client(odl.called(), &tls.Config{RootCAs: a.roots(t), ServerName: "localhost", Certificates: []tls.Certificate{as.pair()}})
		if user == "nobody" {
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Error("nobody signed in")
			}
			continue
		}
		talk(t, conn, conn).call(`<get-config><source><running/></source><filter/></get-config>`)
	}
}

// TestCallHomeInVain holds that a controller that is not there is told, called
// again and again, and not any more once it is disabled.
func TestCallHomeInVain(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := dial(t, a)
	c.call(serverEdit("running", callHome("", impatient, freePort(t))))
	eventually(t, "the failure is told", func() bool {
		s := c.serverState()
		return strings.Contains(s, "connection refused") && !strings.Contains(s, "<attempts>1<")
	})
	c.call(serverEdit("running", callHome("<enabled>false</enabled>", "")))
	eventually(t, "nobody is called", func() bool { return strings.Contains(c.serverState(), "<attempts>0<") })
}

// TestCallHomePeriodically holds that a connection that ended is not made again
// before the next period.
func TestCallHomePeriodically(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, odl := dial(t, a), newController(t)
	c.call(serverEdit("running", callHome("", `<connection><config><type>PERIODIC</type><idle-timeout>1</idle-timeout></config></connection>`, odl.port())))
	home, conn := overSSH(t, odl.called())
	if _, err := home.out.ReadByte(); err == nil { // the idle session ends
		t.Error("the appliance says something")
	}
	conn.Close()
	_ = odl.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(300 * time.Millisecond))
	if _, err := odl.Accept(); err == nil {
		t.Error("the controller is called again at once")
	}
}

const homeScript = `
import os, sys
from ncclient import manager
m = manager.call_home(host="127.0.0.1", port=int(sys.argv[1]), username="admin", password=os.environ["NETCONF_PASSWORD"],
                      hostkey_verify=False, allow_agent=False, look_for_keys=False)
print(m.get_config("running").xml[:40], len(m.server_capabilities))
m.close_session()
`

// TestCallHomeOfNcclient has the appliance call the Python client most people use.
func TestCallHomeOfNcclient(t *testing.T) {
	t.Parallel()
	python := ""
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import ncclient").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		const missing = "no Python with ncclient: install python3-ncclient"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	a, port := start(t), freePort(t)
	dial(t, a).call(serverEdit("running", callHome("", impatient, port)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-c", homeScript, fmt.Sprint(port))
	cmd.Env = append(os.Environ(), "NETCONF_PASSWORD="+password)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "<?xml") && !strings.Contains(string(out), "<rpc-reply") {
		t.Errorf("ncclient: %v\n%s", err, out)
	}
}
