package access_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/tree"
)

// denied returns the path of an access-denied error, "" for a permission.
func denied(t *testing.T, err error) (path string, refused bool) {
	t.Helper()
	if err == nil {
		return "", false
	}
	var e *tree.Error
	if !errors.As(err, &e) || e.Tag != access.TagAccessDenied || e.Message == "" {
		t.Fatalf("error %v, want access-denied with a message", err)
	}
	return e.Path.String(), true
}

func TestDecide(t *testing.T) {
	c, a := staffed(t)
	const (
		hash   = "/system/users/user[name='vera']/config/password-hash"
		role   = "/system/users/user[name='vera']/config/role"
		users  = "/system/users"
		domain = "/domains/domain[name='a']/config/id"
	)
	data := func(path string) access.Target { return access.Target{Path: c.path(path)} }
	op := func(name string) access.Target { return access.Target{Module: "ietf-netconf", Operation: name} }
	of := func(module, name string) access.Target { return access.Target{Module: module, Operation: name} }
	everyone := []string{"root", "olga", "vera"}
	tests := []struct {
		name    string
		action  access.Action
		target  access.Target
		allowed string // initials
	}{
		{"read a domain", access.Read, data(domain), "rov"},
		{"read a role", access.Read, data(role), "rov"},
		{"read a hash", access.Read, data(hash), "r"},
		{"change a domain", access.Update, data(domain), "ro"},
		{"change the system", access.Update, data("/system/config/name"), "ro"},
		{"change the users", access.Update, data(users), "r"},
		{"change a role", access.Update, data(role), "r"},
		{"get", access.Exec, op("get"), "rov"},
		{"get-config", access.Exec, op("get-config"), "rov"},
		{"get-data", access.Exec, of("ietf-netconf-nmda", "get-data"), "rov"},
		{"compare", access.Exec, of("ietf-nmda-compare", "compare"), "rov"},
		{"edit-data", access.Exec, of("ietf-netconf-nmda", "edit-data"), "ro"},
		{"get-schema", access.Exec, of("ietf-netconf-monitoring", "get-schema"), "rov"},
		{"create-subscription", access.Exec, of("notifications", "create-subscription"), "rov"},
		{"close-session", access.Exec, op("close-session"), "rov"},
		{"edit-config", access.Exec, op("edit-config"), "ro"},
		{"commit", access.Exec, op("commit"), "ro"},
		{"lock", access.Exec, op("lock"), "ro"},
		{"kill-session", access.Exec, op("kill-session"), "r"},
		{"delete-config", access.Exec, op("delete-config"), "r"},
		{"an operation that is not there", access.Exec, op("make-coffee"), "r"},
		{"read the rules", access.Read, access.Target{Path: tree.Path{{Node: c.set.Root.Child("ietf-netconf-acm", "nacm")}}}, "r"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, name := range everyone {
				if _, refused := denied(t, a.Decide(signIn(t, a, name), tt.action, tt.target)); !refused {
					got += name[:1]
				}
			}
			if got != tt.allowed {
				t.Errorf("allowed to %q, want %q", got, tt.allowed)
			}
		})
	}
}

func TestRoleIsTheOneOfNow(t *testing.T) {
	c, a := staffed(t)
	olga := signIn(t, a, "olga")
	commit := access.Target{Module: "ietf-netconf", Operation: "commit"}
	if err := a.Decide(olga, access.Exec, commit); err != nil {
		t.Fatal(err)
	}
	c.put(userPath("olga")+"/config/role", "VIEWER")
	if _, refused := denied(t, a.Decide(olga, access.Exec, commit)); !refused {
		t.Error("a role that was taken away still counts")
	}
	c.remove(userPath("olga"))
	if _, refused := denied(t, a.Decide(olga, access.Exec, access.Target{Module: "ietf-netconf", Operation: "get"})); !refused {
		t.Error("a user who is gone may still read")
	}
	if _, refused := denied(t, a.Decide(access.User{}, access.Exec, commit)); !refused {
		t.Error("nobody may commit")
	}
}

// An edit is refused for its words only where they would say whether a node is
// there; all else is judged by its effect.
func TestCheckEdit(t *testing.T) {
	c, a := staffed(t)
	at := func(path string, op tree.Operation) *tree.Edit {
		ed := tree.NewEdit(c.set)
		ed.At(c.path(path)).Operation = op
		return ed
	}
	const user, domain = "/system/users/user[name='vera']", "/domains/domain[name='a']"
	tests := []struct {
		name, user string
		edit       *tree.Edit
		path       string // of the refusal, "" for none
	}{
		{"administrator, users", "root", at(user+"/config/role", tree.Merge), ""},
		{"operator, domain", "olga", at(domain+"/config/id", tree.Merge), ""},
		{"operator, user's leaf", "olga", at(user+"/config/role", tree.Inherit), ""},
		{"operator, removes a user", "olga", at(user, tree.Remove), ""},
		{"operator, deletes a user", "olga", at(user, tree.Delete), user},
		{"operator, creates a user's leaf", "olga", at(user+"/config/role", tree.Create), user + "/config/role"},
		{"operator, the users as a whole", "olga", at("/system/users", tree.Delete), ""},
		{"operator, on the way to users only", "olga", at("/system", tree.None), ""},
		{"viewer, domain", "vera", at(domain+"/config/id", tree.Inherit), ""},
		{"viewer, creates a domain", "vera", at(domain, tree.Create), domain},
		{"viewer, deletes the top", "vera", at("", tree.Delete), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.path
			if want != "" {
				want = c.path(strings.TrimSuffix(want, "/")).String()
			}
			u := signIn(t, a, tt.user)
			if got, _ := denied(t, a.CheckEdit(u, tt.edit)); got != want {
				t.Errorf("refused at %q, want %q", got, want)
			}
			if _, refused := denied(t, u.CheckEdit(tt.edit)); refused != (want != "") {
				t.Errorf("User.CheckEdit refuses: %t", refused)
			}
		})
	}
}

// What an edit does to nodes it does not name is refused by its effect.
func TestCheckChanges(t *testing.T) {
	c, a := staffed(t)
	before := c.running()
	without := func(path string) []tree.Change {
		c.current.Store(before)
		c.remove(path)
		defer c.current.Store(before)
		return tree.Diff(before, c.running())
	}
	emptied := tree.Diff(before, tree.New(c.set))
	tests := []struct {
		name, user string
		changes    []tree.Change
		path       string
	}{
		{"administrator deletes all", "root", emptied, ""},
		{"operator deletes all", "olga", emptied, userPath("olga")},
		{"operator deletes the system", "olga", without("/system"), userPath("olga")},
		{"operator deletes a user", "olga", without(userPath("vera")), userPath("vera")},
		{"operator creates all", "olga", tree.Diff(tree.New(c.set), before), userPath("olga")},
		{"operator deletes a domain", "olga", without("/domains/domain[name='a']"), ""},
		{"viewer deletes a domain", "vera", without("/domains/domain[name='a']"), "/domains/domain[name='a']"},
		{"viewer changes nothing", "vera", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.path
			if want != "" {
				want = c.path(want).String()
			}
			if got, _ := denied(t, signIn(t, a, tt.user).CheckChanges(tt.changes)); got != want {
				t.Errorf("refused at %q, want %q", got, want)
			}
		})
	}
	if _, refused := denied(t, access.User{}.CheckChanges(emptied)); !refused {
		t.Error("nobody may change everything")
	}
}

func TestReadable(t *testing.T) {
	c, a := staffed(t)
	root := c.running().Root()
	if got := a.Readable(signIn(t, a, "root"), root); got != root {
		t.Error("something is hidden from an administrator")
	}
	if got := a.Readable(access.User{}, root); got.Len() != 0 {
		t.Error("nobody sees something")
	}
	for _, name := range []string{"olga", "vera"} {
		got := a.Readable(signIn(t, a, name), root)
		changes := tree.Diff(tree.FromRoot(c.set, root), tree.FromRoot(c.set, got))
		if len(changes) != 3 {
			t.Errorf("%s misses %d nodes, want the 3 hashes", name, len(changes))
		}
		for _, ch := range changes {
			if ch.Path.Schema().Name != "password-hash" || ch.New != nil {
				t.Errorf("%s misses %s", name, ch.Path)
			}
		}
		if again := a.Readable(signIn(t, a, name), got); again != got {
			t.Error("a root with nothing to hide is not returned as it is")
		}
	}
	domains := func(r *tree.Container) tree.Node { return tree.FromRoot(c.set, r).Find(c.path("/domains")) }
	if domains(root) != domains(a.Readable(signIn(t, a, "vera"), root)) {
		t.Error("what can be read is copied instead of shared")
	}
}

func TestEmptyConfigurationHasNoUsers(t *testing.T) {
	c := newConfig(t)
	a := access.New(c.running)
	if _, err := a.Authenticate("root", "", ""); !errors.Is(err, access.ErrAuthentication) {
		t.Errorf("Authenticate: %v", err)
	}
}
