package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// ncclient is a session of the Python client.
type ncclient struct {
	m     *machine
	child *child
}

// rpcError is what an rpc-error of RFC 6241 says.
type rpcError struct {
	Type    string
	Tag     string
	AppTag  string `json:"app-tag"`
	Path    string
	Message string
}

func (e rpcError) String() string {
	text := "rpc-error " + e.Tag
	for _, part := range []struct{ before, what string }{{", ", e.AppTag}, {"\n  at ", e.Path}, {"\n  ", e.Message}} {
		if part.what != "" {
			text += part.before + part.what
		}
	}
	return text
}

// outcome is how a call went: one of the three.
type outcome struct {
	Result  json.RawMessage
	Errors  []rpcError
	Failure string
}

func (o outcome) err() error {
	switch {
	case o.Failure != "":
		return fmt.Errorf("ncclient: %s", o.Failure)
	case len(o.Errors) > 0:
		return fmt.Errorf("ncclient: %v", o.Errors)
	}
	return nil
}

// python returns an interpreter that has ncclient: the system's own, or the
// one on the path.
func python(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import ncclient").Run() == nil {
			return p
		}
	}
	missing(t, "a Python with ncclient", "python3-ncclient")
	return ""
}

// dialNcclient tries to open a session.
func (m *machine) dialNcclient(t *testing.T, user, password string, capabilities ...string) (*ncclient, error) {
	t.Helper()
	ip, port, err := net.SplitHostPort(m.reach.netconf)
	if err != nil {
		t.Fatal(err)
	}
	tell(t, ">>> m = manager.connect(host=%q, port=%s, username=%q, password=...)  # ncclient", ip, port, user)
	timeout := fmt.Sprint(m.within(20 * time.Second).Seconds())
	c := &ncclient{m, startChild(t, []string{"NETCONF_PASSWORD=" + password},
		append([]string{python(t), "clients/session.py", ip, port, user, timeout}, capabilities...)...)}
	t.Cleanup(c.close)
	hello, err := c.answer()
	if err == nil {
		err = hello.err()
	}
	return c, err
}

// openNcclient opens a session until the test ends, which says these capabilities
// besides ncclient's own.
func (m *machine) openNcclient(t *testing.T, user, password string, capabilities ...string) *ncclient {
	t.Helper()
	c, err := m.dialNcclient(t, user, password, capabilities...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// close ends the session as the protocol has it, if the server is still there.
func (c *ncclient) close() {
	c.child.stdin.Close()
	_, _ = c.child.status(c.m.within(2 * time.Second))
}

func (c *ncclient) answer() (o outcome, err error) {
	line, err := c.child.line(c.m.within(60 * time.Second))
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(line), &o)
}

// args are a call's named arguments.
type args map[string]any

// try makes a call, whatever comes of it.
func (c *ncclient) try(t *testing.T, call string, with args) outcome {
	t.Helper()
	request := args{"call": call}
	for name, value := range with {
		request[name] = value
	}
	line, err := json.Marshal(request)
	if err == nil {
		_, err = c.child.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		t.Fatalf("ask ncclient to %s: %v", call, err)
	}
	o, err := c.answer()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// call makes a call that must succeed, and returns its result.
func call[T any](t *testing.T, c *ncclient, name string, with args) (result T) {
	t.Helper()
	o := c.try(t, name, with)
	err := o.err()
	if err == nil {
		err = json.Unmarshal(o.Result, &result)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return result
}

// do is a call whose result is no more than ok.
func (c *ncclient) do(t *testing.T, name string, with args) {
	t.Helper()
	call[any](t, c, name, with)
}

// edit edits the candidate.
func (c *ncclient) edit(t *testing.T, config string) outcome {
	t.Helper()
	tell(t, ">>> m.edit_config(target='candidate', config='''\n%s''')", pretty(config))
	return c.try(t, "edit_config", args{"target": "candidate", "config": config})
}

// commit edits the candidate and commits it.
func (c *ncclient) commit(t *testing.T, config string) {
	t.Helper()
	if err := c.edit(t, config).err(); err != nil {
		t.Fatal(err)
	}
	tell(t, ">>> m.commit()")
	c.do(t, "commit", nil)
	tell(t, "<ok/>")
}

const mpkNamespace = "https://mpk-security.optical.net/yang/mpk-security"

func mpkSecurity(content string) string {
	return `<mpk-security xmlns="` + mpkNamespace + `">` + content + `</mpk-security>`
}

// transition is the configuration of one.
func transition(source, target, action string) string {
	return mpkSecurity(strings.NewReplacer("SOURCE", source, "TARGET", target, "ACTION", action).Replace(
		`<transitions><transition><source>SOURCE</source><target>TARGET</target><config>` +
			`<source>SOURCE</source><target>TARGET</target><action>ACTION</action></config></transition></transitions>`))
}

// domain is the configuration of one.
func domain(name string, id int) string {
	return mpkSecurity(fmt.Sprintf(`<domains><domain><name>%s</name><config><name>%[1]s</name>`+
		`<id>%d</id><privilege-level>LOW</privilege-level></config></domain></domains>`, name, id))
}
