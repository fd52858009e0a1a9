package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/access"
)

const nacmNamespace = "urn:ietf:params:xml:ns:yang:ietf-netconf-acm"

// nacm is the configuration of access control; "" takes it away.
func nacm(content string) string {
	if content == "" {
		return `<nacm xmlns="` + nacmNamespace + `" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`
	}
	return `<nacm xmlns="` + nacmNamespace + `">` + content + `</nacm>`
}

// ruleFor denies an operation on a path.
func ruleFor(name, path, operations string) string {
	return fmt.Sprintf(`<rule><name>%s</name><path xmlns:m="%s">%s</path><access-operations>%s</access-operations><action>deny</action></rule>`,
		name, mpkNamespace, path, operations)
}

// checkRules has a user for whom rules hold (RFC 8341): what may not be read is left
// out without a word, what may not be written is refused.
func (a *appliance) checkRules(t *testing.T) {
	const user, password = "limited", "by rules"
	hash, err := access.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, mpkSecurity(fmt.Sprintf(`<system><users><user><name>%s</name><config><name>%[1]s</name>`+
		`<role>OPERATOR</role><password-hash>%s</password-hash></config></user></users></system>`, user, hash)))
	m.commit(t, nacm(`<rule-list><name>operators</name><group>OPERATOR</group>`+
		ruleFor("secret", "/m:mpk-security/m:domains/m:domain[m:name='key-store']", "*")+
		ruleFor("fixed", "/m:mpk-security/m:domains/m:domain[m:name='dashboard']", "create update delete")+`</rule-list>`))
	t.Cleanup(func() { m.commit(t, nacm("")) })
	before := configs(t, m)

	u := a.openNcclient(t, user, password)
	seen := call[string](t, u, "get_config", args{"source": "running", "subtree": mpkSecurity("<domains/>")})
	tell(t, "%s", pretty(seen))
	if strings.Contains(seen, "key-store") || !strings.Contains(seen, "dashboard") {
		t.Errorf("what the user sees: %s", seen)
	}
	for _, domain := range []string{"key-store", "dashboard"} {
		change := mpkSecurity(`<domains><domain><name>` + domain + `</name><config><description>changed</description></config></domain></domains>`)
		o := u.try(t, "edit_config", args{"target": "candidate", "config": change})
		if len(o.Errors) != 1 || o.Errors[0].Tag != "access-denied" {
			t.Errorf("an edit of %s: %+v", domain, o)
			continue
		}
		tell(t, "%v", o.Errors[0])
	}
	o := u.try(t, "copy_config", args{"source": "running", "target": "candidate"})
	if len(o.Errors) != 1 || o.Errors[0].Tag != "access-denied" || strings.Contains(o.Errors[0].Path, "key-store") {
		t.Errorf("a copy that would lose what the user cannot read: %+v", o)
	}
	if after := configs(t, m); after != before {
		t.Error("the user changed the configuration")
	}
}

// workSideBySide has two sessions with a candidate each, and one that locks a part of
// running.
func (a *appliance) workSideBySide(t *testing.T) {
	const private = "urn:ietf:params:netconf:capability:private-candidate:1.0"
	one, two := a.openNcclient(t, admin, a.password, private), a.openNcclient(t, admin, a.password, private)
	describe := func(c *ncclient, domain, text string) {
		t.Helper()
		if err := c.edit(t, mpkSecurity(`<domains><domain><name>`+domain+`</name><config><description>`+text+`</description></config></domain></domains>`)).err(); err != nil {
			t.Fatal(err)
		}
	}
	conflicts := func(call string, with args) {
		t.Helper()
		o := one.try(t, call, with)
		if len(o.Errors) != 1 || o.Errors[0].Tag != "operation-failed" || !strings.Contains(o.Errors[0].Path, "dashboard") {
			t.Errorf("%s: %+v", call, o)
			return
		}
		tell(t, "%v", o.Errors[0])
	}
	describe(one, "dashboard", "as one has it")
	describe(two, "key-store", "as two has it")
	two.do(t, "commit", nil)
	describe(two, "dashboard", "as two has it")
	two.do(t, "commit", nil)
	conflicts("commit", nil)
	conflicts("dispatch", args{"operation": `<update xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-private-candidate"/>`})
	call[string](t, one, "dispatch", args{"operation": `<update xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-private-candidate"><resolution-mode>prefer-candidate</resolution-mode></update>`})
	one.do(t, "commit", nil)
	if got := call[string](t, two, "get_config", args{"source": "running", "subtree": mpkSecurity("<domains/>")}); !strings.Contains(got, "as one has it") || !strings.Contains(got, "as two has it") {
		t.Errorf("running: %s", got)
	}

	const lock = `<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0" xmlns:m="` + mpkNamespace + `"><select>//m:domain[m:name='dashboard']</select></partial-lock>`
	if got := call[string](t, one, "dispatch", args{"operation": lock}); !strings.Contains(got, "locked-node") {
		t.Errorf("partial-lock: %s", got)
	}
	describe(two, "dashboard", "as two has it")
	if o := two.try(t, "commit", nil); len(o.Errors) != 1 || o.Errors[0].Tag != "in-use" {
		t.Errorf("a commit of what is locked: %+v", o)
	}
	two.do(t, "discard_changes", nil)
	describe(two, "key-store", "as two has it now")
	two.do(t, "commit", nil)
}
