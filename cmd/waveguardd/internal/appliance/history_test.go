package appliance

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/json"
)

const historySpace = `xmlns="https://mpk-security.optical.net/yang/mpk-security-history"`

// historic returns /mpk-security/system/history as gNMI reads it.
func (a *Appliance) historic(t *testing.T) string {
	t.Helper()
	path, err := a.schema.ParsePath("/mpk-security:mpk-security/system/mpk-security-history:history")
	if err != nil {
		t.Fatal(err)
	}
	node := a.store.Operational().Find(path)
	if node == nil {
		return ""
	}
	return string(json.AppendNode(nil, node, json.EncodeOptions{}))
}

// mirrorOnce brings what NETCONF makes when it is asked to where gNMI reads it.
func (a *Appliance) mirrorOnce(t *testing.T) {
	t.Helper()
	if err := a.store.UpdateState(a.writeNETCONF); err != nil {
		t.Fatal(err)
	}
}

// commit makes a change of running.
func (c *client) commit(config string) {
	c.t.Helper()
	c.edit(config)
	c.call("<commit/>")
}

// rename changes the appliance's name and returns the revision that made.
func (c *client) rename(a *Appliance, name string) uint64 {
	c.t.Helper()
	c.commit(`<system><config><name>` + name + `</name></config></system>`)
	return a.store.History()[0].Number
}

func (c *client) named(name string) {
	c.t.Helper()
	const get = `<get-config><source><running/></source><filter type="xpath" select="/mpk-security/system/config/name"/></get-config>`
	if reply := string(c.call(get)); !strings.Contains(reply, "<name>"+name+"</name>") {
		c.t.Errorf("the name is not %s: %s", name, reply)
	}
}

// TestRollback holds that a revision comes back whole, as a transaction that says
// who made it, and that both protocols tell the history.
func TestRollback(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	first := c.rename(a, "first")
	c.rename(a, "second")
	c.rename(a, "third")

	reply := string(c.call(fmt.Sprintf(`<get-revision %s><revision>%d</revision></get-revision>`, historySpace, first)))
	if !strings.Contains(reply, "<name>first</name>") || !strings.Contains(reply, fmt.Sprintf(`<number %s>%d</number>`, historySpace, first)) {
		t.Errorf("revision %d: %s", first, reply)
	}
	c.call(fmt.Sprintf(`<rollback %s><revision>%d</revision><comment>it was better</comment></rollback>`, historySpace, first))
	c.named("first")
	c.call(fmt.Sprintf(`<rollback %s><back>1</back></rollback>`, historySpace))
	c.named("third")

	now := a.store.History()
	if r := now[1]; r.Actor.User != "admin" || r.Actor.Protocol != "netconf" || r.Actor.Comment != "it was better" || r.Changes != 1 {
		t.Errorf("the rollback is remembered as %+v", r.Actor)
	}
	state := string(c.call(`<get><filter type="xpath" select="/mpk-security/system/history"/></get>`))
	for _, part := range []string{"<comment>it was better</comment>", "<user>admin</user>", fmt.Sprintf("<current>%d</current>", now[0].Number)} {
		if !strings.Contains(state, part) {
			t.Errorf("NETCONF does not tell %s: %s", part, state)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := a.historic(t)
		if strings.Contains(got, "it was better") && strings.Contains(got, fmt.Sprintf(`"current":"%d"`, now[0].Number)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("gNMI does not tell: %s", got)
		}
	}
}

// TestRollbackParameters holds that what makes no sense is refused as the module says.
func TestRollbackParameters(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	c.rename(a, "first")
	running := a.store.Running()
	for parameters, want := range map[string]string{
		``:                                     "missing-choice",
		`<back>0</back>`:                       "invalid-value",
		`<back>1</back><revision>0</revision>`: "bad-element",
		`<revision>-1</revision>`:              "invalid-value",
		`<back>1</back><persist>x</persist>`:   "unknown-element",
		`<back>1</back><confirm-timeout>5</confirm-timeout>`: "unknown-element",
		`<back>1</back><confirmed/><persist></persist>`:      "invalid-value",
		`<back>1</back><comment></comment>`:                  "invalid-value",
		`<back>1</back><persist-id>x</persist-id>`:           "invalid-value",
		`<back>2</back>`: "goes back 1 revision,",
		`<back>1</back><confirmed/><confirm-timeout>0</confirm-timeout>`: "invalid-value",
	} {
		c.send(fmt.Sprintf(`<rollback %s>%s</rollback>`, historySpace, parameters))
		if reply := string(c.read()); !strings.Contains(reply, want) || !strings.Contains(reply, "rpc-error") {
			t.Errorf("%s: %s, want %s", parameters, reply, want)
		}
	}
	if a.store.Running() != running {
		t.Error("running was changed")
	}
}

// TestHistoryForgets holds that revisions which are kept no longer are told no longer.
func TestHistoryForgets(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	for i := range 60 {
		c.rename(a, fmt.Sprint("name-", i))
	}
	all := a.store.History()
	state := string(c.call(`<get><filter type="xpath" select="/mpk-security/system/history/revision/number"/></get>`))
	if n := strings.Count(state, "<number>"); n != len(all) {
		t.Errorf("%d revisions, want %d", n, len(all))
	}
	c.rename(a, "last")
	c.commit(`<system><history ` + historySpace + `><config><revisions>3</revisions></config></history></system>`)
	if all = a.store.History(); len(all) != 4 || all[0].Changes != 1 {
		t.Errorf("%d revisions, want 3 and the one that is running", len(all))
	}
	c.send(fmt.Sprintf(`<rollback %s><revision>1</revision></rollback>`, historySpace))
	if reply := string(c.read()); !strings.Contains(reply, "invalid-value") || !strings.Contains(reply, "there is no revision 1;") {
		t.Errorf("a revision that is gone: %s", reply)
	}
	for deadline := time.Now().Add(20 * time.Second); strings.Count(a.historic(t), `"state":{"number"`) != len(all) || !strings.Contains(a.historic(t), `:state":{"revisions":3,"current"`); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gNMI tells %s", a.historic(t))
		}
	}
}

// TestRollbackConfirmed holds that a rollback is undone with a client that is lost,
// and stays when it is confirmed.
func TestRollbackConfirmed(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	c.rename(a, "first")
	c.rename(a, "second")

	lost := dial(t, a)
	lost.call(fmt.Sprintf(`<rollback %s><back>1</back><confirmed/></rollback>`, historySpace))
	c.named("first")
	if state := string(c.call(`<get><filter type="xpath" select="/mpk-security/system/history/pending"/></get>`)); !strings.Contains(state, "<deadline>") {
		t.Errorf("nothing is pending: %s", state)
	}
	c.send(fmt.Sprintf(`<rollback %s><back>1</back></rollback>`, historySpace))
	if reply := string(c.read()); !strings.Contains(reply, "in-use") {
		t.Errorf("another session rolls back meanwhile: %s", reply)
	}
	if err := lost.in.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, waits := a.store.Confirming(); !waits {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the commit of a lost client still waits")
		}
	}
	c.named("second")

	dial(t, a).call(fmt.Sprintf(`<rollback %s><back>2</back><confirmed/><confirm-timeout>600</confirm-timeout><persist>x</persist></rollback>`, historySpace))
	a.mirrorOnce(t)
	if state := a.historic(t); !strings.Contains(state, "deadline") {
		t.Errorf("gNMI tells of nothing pending: %s", state)
	}
	c.call(`<commit><persist-id>x</persist-id></commit>`)
	if _, waits := a.store.Confirming(); waits {
		t.Error("a confirmed rollback still waits")
	}
	if state := string(c.call(`<get><filter type="xpath" select="/mpk-security/system/history/pending"/></get>`)); strings.Contains(state, "<deadline>") {
		t.Errorf("it still waits, says NETCONF: %s", state)
	}
	a.mirrorOnce(t)
	if state := a.historic(t); strings.Contains(state, "deadline") {
		t.Errorf("it still waits, says gNMI: %s", state)
	}
}

// TestRollbackUnderLoad holds that every rollback lands on a revision as it was,
// whatever others commit at the same time.
func TestRollbackUnderLoad(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	base := c.rename(a, "base")
	var wg sync.WaitGroup
	for i := range 4 {
		other := dial(t, a)
		wg.Go(func() {
			for j := range 5 {
				other.call(fmt.Sprintf(`<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">`+
					`<system><config><name>other-%d-%d</name></config></system></mpk-security></config></edit-config>`, i, j))
			}
		})
	}
	for range 5 {
		c.call(fmt.Sprintf(`<rollback %s><revision>%d</revision><comment>base</comment></rollback>`, historySpace, base))
	}
	wg.Wait()
	all := a.store.History()
	want := all[len(all)-1].Config
	for _, r := range all {
		if r.Number == base {
			want = r.Config
		}
	}
	found := 0
	for _, r := range all {
		if r.Actor.Comment == "base" {
			found++
			if r.Config != want {
				t.Errorf("revision %d is not what %d was", r.Number, base)
			}
		}
	}
	if found == 0 {
		t.Error("no rollback changed anything")
	}
}
