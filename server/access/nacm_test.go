package access_test

import (
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestRules asks one thing at a time. Users: root, olga (operator), vera
// (viewer); members of groups are those that a case puts there.
func TestRules(t *testing.T) {
	c, a := kept(t)
	for _, tt := range []struct{ name, rules, user, action, target, want string }{
		// Without rules there are roles and marks.
		{"viewer reads", "", "vera", "read", "/zoo:top/inner/x", "yes"},
		{"viewer writes", "", "vera", "update", "/zoo:top/inner/x", "no"},
		{"viewer reads what is marked", "", "vera", "read", "/zoo:top/secret", "no"},
		{"viewer runs", "", "vera", "exec", "zoo open", "no"},
		{"viewer runs an action", "", "vera", "exec", "/zoo:top/l[a='1']/feed", "no"},
		{"viewer gets", "", "vera", "exec", "ietf-netconf get", "yes"},
		{"operator writes", "", "olga", "create", "/zoo:top/l[a='1']", "yes"},
		{"operator writes what is marked for writing", "", "olga", "create", "/zoo:top/locked/n[a='1']", "no"},
		{"operator reads what is marked for writing", "", "olga", "read", "/zoo:top/locked/x", "yes"},
		{"operator reads what is marked", "", "olga", "read", "/zoo:top/secret", "no"},
		{"operator runs", "", "olga", "exec", "zoo open", "yes"},
		{"operator runs what is marked", "", "olga", "exec", "zoo shut", "no"},
		{"operator runs an action", "", "olga", "exec", "/zoo:top/l[a='1']/feed", "yes"},
		{"operator kills", "", "olga", "exec", "ietf-netconf kill-session", "no"},
		{"operator reads the rules", "", "olga", "read", "/ietf-netconf-acm:nacm", "no"},
		{"operator writes rules", "", "olga", "create", "/ietf-netconf-acm:nacm/rule-list[name='x']", "no"},
		{"administrator writes rules", "", "root", "create", "/ietf-netconf-acm:nacm/rule-list[name='x']", "yes"},
		{"administrator kills", "", "root", "exec", "ietf-netconf kill-session", "yes"},

		// Members of groups have the defaults of RFC 8341 instead.
		{"member reads", "group g olga", "olga", "read", "/zoo:top/inner/x", "yes"},
		{"member writes", "group g olga", "olga", "update", "/zoo:top/inner/x", "no"},
		{"member runs", "group g vera", "vera", "exec", "zoo open", "yes"},
		{"member runs an action", "group g vera", "vera", "exec", "/zoo:top/l[a='1']/feed", "yes"},
		{"member kills", "group g olga", "olga", "exec", "ietf-netconf kill-session", "no"},
		{"member reads what is marked", "group g olga", "olga", "read", "/zoo:top/secret", "no"},
		{"read-default", "group g olga\nread-default deny", "olga", "read", "/zoo:top/inner/x", "no"},
		{"write-default", "group g olga\nwrite-default permit", "olga", "update", "/zoo:top/inner/x", "yes"},
		{"write-default and a mark", "group g olga\nwrite-default permit", "olga", "update", "/zoo:top/locked/x", "no"},
		{"exec-default", "group g olga\nexec-default deny", "olga", "exec", "zoo open", "no"},
		{"the defaults are not the administrator's", "group g root\nread-default deny\nexec-default deny", "root", "exec", "zoo open", "yes"},
		{"another's group", "group g vera\nread-default deny", "olga", "update", "/zoo:top/inner/x", "yes"},
		{"a role keeps to read-default", "read-default deny", "olga", "read", "/zoo:top/inner/x", "no"},
		{"a role keeps to exec-default", "exec-default deny", "olga", "exec", "zoo open", "no"},
		{"a role is not opened by write-default", "write-default permit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"access control is off", "group g vera\nwrite-default permit\nenable-nacm false\nlist *\npermit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"access control is off, marks stay", "enable-nacm false\nlist *\npermit", "olga", "read", "/zoo:top/secret", "no"},

		// Which rule-lists apply.
		{"a list for the group", "group g vera\nlist g\npermit", "vera", "update", "/zoo:top/secret", "yes"},
		{"a list for another group", "group g vera\nlist h\npermit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"a list for the role", "list VIEWER\npermit path /zoo:top/inner", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"a list for a role, member of a group", "group g vera\nlist VIEWER\npermit", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"no external groups", "enable-external-groups false\nlist VIEWER\npermit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"a list for all groups", "list *\npermit", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"all groups, but the user has none", "enable-external-groups false\nlist *\npermit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"the first list decides", "group g vera\nlist g\ndeny path /zoo:top\nlist *\npermit", "vera", "update", "/zoo:top/inner/x", "no"},
		{"the first rule decides", "group g vera\nlist g\npermit path /zoo:top/inner\ndeny path /zoo:top", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"a list of two groups", "group g vera\nlist h g\npermit", "vera", "update", "/zoo:top/inner/x", "yes"},

		// What rules match.
		{"module", "list VIEWER\npermit module zoo", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"module of the node, not of what is above", "list VIEWER\npermit module zoo", "vera", "update", "/zoo:top/wing:wing/x", "no"},
		{"module of an augment", "list VIEWER\npermit module wing", "vera", "update", "/zoo:top/wing:wing/x", "yes"},
		{"module and path", "list VIEWER\npermit module wing path /zoo:top", "vera", "update", "/zoo:top/l[a='1']/wing:extra", "yes"},
		{"module and path, another module", "list VIEWER\npermit module wing path /zoo:top", "vera", "update", "/zoo:top/l[a='1']/v", "no"},
		{"action of the rule", "list VIEWER\npermit do create update", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"another action", "list VIEWER\npermit do create update", "vera", "delete", "/zoo:top/inner/x", "no"},
		{"a path above", "list VIEWER\npermit path /zoo:top/inner", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"a path below", "list VIEWER\npermit path /zoo:top/inner/x", "vera", "update", "/zoo:top/inner", "no"},
		{"a path beside", "list VIEWER\npermit path /zoo:top/inner/x", "vera", "update", "/zoo:top/inner/y", "no"},
		{"/", "list VIEWER\npermit path /", "vera", "update", "/zoo:top/inner/x", "yes"},
		{"/ is no operation", "list VIEWER\npermit path /", "vera", "exec", "zoo open", "no"},
		{"a key", "list VIEWER\npermit path /zoo:top/l[a='1']", "vera", "update", "/zoo:top/l[a='1']/v", "yes"},
		{"another key", "list VIEWER\npermit path /zoo:top/l[a='1']", "vera", "update", "/zoo:top/l[a='2']/v", "no"},
		{"without the key", "list VIEWER\npermit path /zoo:top/l/v", "vera", "update", "/zoo:top/l[a='2']/v", "yes"},
		{"one of two keys", "list VIEWER\npermit path /zoo:top/l/m[c='2']", "vera", "update", "/zoo:top/l[a='1']/m[b='9'][c='2']/v", "yes"},
		{"one of two keys, another", "list VIEWER\npermit path /zoo:top/l/m[c='2']", "vera", "update", "/zoo:top/l[a='1']/m[b='2'][c='1']/v", "no"},
		{"all keys behind none", "list VIEWER\npermit path /zoo:top/l/m[c='2'][b='9']", "vera", "update", "/zoo:top/l[a='1']/m[b='9'][c='2']/v", "yes"},
		{"the user's own", "list VIEWER\npermit path /zoo:top/l[a=$USER]", "vera", "update", "/zoo:top/l[a='vera']/v", "yes"},
		{"another user's", "list *\npermit path /zoo:top/l[a=$USER]\ndeny", "olga", "update", "/zoo:top/l[a='vera']/v", "no"},
		{"a value of a leaf-list", "list VIEWER\npermit path /zoo:names[.='eve']", "vera", "create", "/zoo:names[.='eve']", "yes"},
		{"another value", "list VIEWER\npermit path /zoo:names[.='eve']", "vera", "create", "/zoo:names[.='bob']", "no"},
		{"keys unknown, a rule for one", "list OPERATOR\ndeny path /zoo:top/l[a='1']", "olga", "read", "/zoo:top/l", "yes"},
		{"below what is hidden", "list OPERATOR\npermit path /zoo:top/inner/x\ndeny path /zoo:top/inner", "olga", "read", "/zoo:top/inner/x", "no"},
		{"a rule opens a mark", "list OPERATOR\npermit path /zoo:top/secret", "olga", "read", "/zoo:top/secret", "yes"},

		// Operations, actions, notifications.
		{"rpc-name", "list VIEWER\npermit rpc open", "vera", "exec", "zoo open", "yes"},
		{"rpc-name of another", "list VIEWER\npermit rpc shut", "vera", "exec", "zoo open", "no"},
		{"rpc-name *", "list VIEWER\npermit rpc *", "vera", "exec", "zoo shut", "yes"},
		{"rpc-name in another module", "list VIEWER\npermit module wing rpc open", "vera", "exec", "zoo open", "no"},
		{"rpc-name without exec", "list VIEWER\npermit rpc open do read", "vera", "exec", "zoo open", "no"},
		{"rpc-name is no data", "list VIEWER\npermit rpc *", "vera", "update", "/zoo:top/inner/x", "no"},
		{"a rule without a type", "list VIEWER\npermit module zoo", "vera", "exec", "zoo shut", "yes"},
		{"kill-session by a rule", "group g vera\nlist g\npermit rpc kill-session", "vera", "exec", "ietf-netconf kill-session", "yes"},
		{"an action by a rule", "list VIEWER\npermit path /zoo:top/l[a='1']/feed do exec", "vera", "exec", "/zoo:top/l[a='1']/feed", "yes"},
		{"an action of another", "list VIEWER\npermit path /zoo:top/l[a='1']/feed do exec", "vera", "exec", "/zoo:top/l[a='2']/feed", "no"},
		{"an action of what is hidden", "list OPERATOR\ndeny path /zoo:top/l do read", "olga", "exec", "/zoo:top/l[a='1']/feed", "no"},
		{"a notification", "", "vera", "read", "zoo quake", "yes"},
		{"a notification that is marked", "", "vera", "read", "zoo alarm", "no"},
		{"a notification that is marked, by a rule", "list VIEWER\npermit notification alarm", "vera", "read", "zoo alarm", "yes"},
		{"notification-name", "list VIEWER\ndeny notification quake", "vera", "read", "zoo quake", "no"},
		{"notification-name *", "list VIEWER\ndeny notification *", "vera", "read", "zoo quake", "no"},
		{"notification-name of another", "list VIEWER\ndeny notification alarm", "vera", "read", "zoo quake", "yes"},
		{"notification-name is no data", "list VIEWER\ndeny notification *", "vera", "read", "/zoo:top/inner/x", "yes"},
		{"notification, the first rule", "list VIEWER\ndeny module zoo\npermit notification *", "vera", "read", "zoo quake", "no"},
		{"a notification of data", "list VIEWER\ndeny path /zoo:top/l[a='1']/fled", "vera", "read", "/zoo:top/l[a='1']/fled", "no"},
		{"a notification of what is hidden", "list VIEWER\ndeny path /zoo:top/l[a='1']", "vera", "read", "/zoo:top/l[a='1']/fled", "no"},
		{"a notification of data by name", "list VIEWER\ndeny notification fled", "vera", "read", "/zoo:top/l[a='1']/fled", "no"},
		{"a notification of data, the first rule", "list VIEWER\npermit path /zoo:top\ndeny notification fled", "vera", "read", "/zoo:top/l[a='1']/fled", "yes"},
		{"the end of a replay", "list VIEWER\ndeny", "vera", "read", "nc-notifications replayComplete", "yes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.rules(tt.rules)
			if got := ask(c, a, signIn(t, a, tt.user), tt.action, tt.target); got != tt.want {
				t.Errorf("%s %s %s: %s, want %s", tt.user, tt.action, tt.target, got, tt.want)
			}
		})
	}
}

var actionOf = map[string]access.Action{
	"create": access.Create, "read": access.Read, "update": access.Update, "delete": access.Delete, "exec": access.Exec,
}

// ask puts a question; the target is a path, or a module and the name of its
// operation or notification.
func ask(c *config, a *access.Authority, u access.User, action, target string) string {
	var allowed bool
	module, name, isName := cut(target)
	switch {
	case isName && action == "read":
		allowed = a.Receives(u, tree.Path{{Node: notification(c, module, name)}})
	case isName:
		allowed = a.Decide(u, access.Exec, access.Target{Module: module, Operation: name}) == nil
	default:
		allowed = a.Decide(u, actionOf[action], access.Target{Path: c.at(target)}) == nil
	}
	if allowed {
		return "yes"
	}
	return "no"
}

// TestCounters counts every refusal once, where the model says.
func TestCounters(t *testing.T) {
	c, a := kept(t)
	c.rules("list VIEWER\ndeny notification quake")
	vera := signIn(t, a, "vera")
	want := func(operations, writes, notifications string) {
		t.Helper()
		state := a.State().(*tree.Container)
		for name, n := range map[string]string{"denied-operations": operations, "denied-data-writes": writes, "denied-notifications": notifications} {
			if got, _ := state.Leaf(name); got.String() != n {
				t.Errorf("%s is %s, want %s", name, got, n)
			}
		}
	}
	want("0", "0", "0")
	ask(c, a, vera, "exec", "zoo open")
	ask(c, a, vera, "exec", "ietf-netconf get")
	want("1", "0", "0")
	ask(c, a, vera, "read", "/zoo:top/secret")
	ask(c, a, vera, "read", "zoo quake")
	ask(c, a, vera, "read", "zoo alarm")
	want("1", "0", "2")
	if err := vera.CheckChanges(tree.Diff(tree.New(c.set), c.running())); err == nil {
		t.Error("a viewer changes everything")
	}
	create := tree.NewEdit(c.set)
	create.At(c.at("/zoo:top/flag")).Operation = tree.Create
	if err := vera.CheckEdit(create); err == nil {
		t.Error("a viewer creates something")
	}
	want("1", "2", "2")
}

// TestCheckRules refuses paths that would protect nothing.
func TestCheckRules(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"/", ""},
		{"/zoo:top/l", ""},
		{"/zoo:top/l[a=$USER]/feed", ""},
		{"/zoo:top/l[b='1']", "has no key b"},
		{"/zoo:topp", "there is no node zoo:topp"},
		{"/top", `lacks its module`},
		{"//top", "is not a name"},
		{"/zoo:names[2]", "by their position"},
	} {
		c, _ := kept(t)
		old := c.running()
		c.nacm("/rule-list[name='a']/rule[name='b']/action", "deny", "/rule-list[name='a']/rule[name='b']/path", tt.path)
		errs := access.Check(old, c.running())
		if tt.want == "" && len(errs) == 0 {
			continue
		}
		const at = "/ietf-netconf-acm:nacm/rule-list[name='a']/rule[name='b']/path: "
		if len(errs) != 1 || !contains(errs[0].Error(), at, tt.want) {
			t.Errorf("%s: %v, want %s", tt.path, errs, tt.want)
		}
	}
}
