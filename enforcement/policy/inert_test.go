package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// everything is a configuration in which every leaf matters.
func everything(t testing.TB) *tree.Tree {
	t.Helper()
	service, transition, channel := viewtest.Entry("service", "s"), viewtest.Entry("transition", "a", "b"), viewtest.Entry("channel", "k")
	return viewtest.Config(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2), viewtest.Service("s", "a", 7), viewtest.Service("c", "b", 7),
		viewtest.Transition("a", "b", "PERMIT"), viewtest.Channel("k", "s", "c"),
		[]string{
			"system/config/name = node",
			"system/users/user[name='olga']/config/name = olga",
			"system/users/user[name='olga']/config/role = VIEWER",
			service + "/config/executable = /bin/s",
			service + "/config/executable-sha256 = " + strings.Repeat("0", 64),
			service + "/config/cgroup = /s.slice",
			transition + "/config/operation[.='read']",
			transition + "/config/max-rate = 1000",
			transition + "/config/max-dwell-time = 1000",
			channel + "/config/slots = 64",
		},
	)...)
}

// entries are those of everything, and of the users, that the leafs of a list
// are changed in.
var entries = strings.NewReplacer(
	"domains/domain/", "domains/domain[name='a']/",
	"services/service/", "services/service[name='s']/",
	"transitions/transition/", "transitions/transition[source='a'][target='b']/",
	"channels/channel/", "channels/channel[name='k']/",
	"users/user/", "users/user[name='olga']/",
)

// others has a valid value other than that in everything for each leaf.
var others = map[string]string{
	"system/config/name":                                   "other",
	"system/config/minimum-isolation-strength":             "HARDWARE_REGION",
	"domains/domain/config/id":                             "9",
	"domains/domain/config/privilege-level":                "LOW",
	"domains/domain/config/administrative-state":           "OUT_OF_SERVICE",
	"domains/domain/config/description":                    "other",
	"domains/domain/config/enforcement-mode":               "PERMISSIVE",
	"domains/domain/config/pinned":                         "true",
	"domains/domain/config/key-priority":                   "7",
	"domains/domain/config/constant-time-checks":           "true",
	"domains/domain/config/gate-delay":                     "1000",
	"services/service/config/domain":                       "b",
	"services/service/config/executable":                   "/bin/other",
	"services/service/config/executable-sha256":            strings.Repeat("1", 64),
	"services/service/config/cgroup":                       "/other.slice",
	"services/service/config/uid":                          "8",
	"services/service/config/description":                  "other",
	"transitions/transition/config/action":                 "DENY",
	"transitions/transition/config/operation":              "[.='write']",
	"transitions/transition/config/fast-path":              "false",
	"transitions/transition/config/max-rate":               "2000",
	"transitions/transition/config/max-dwell-time":         "2000",
	"system/users/user/config/role":                        "OPERATOR",
	"system/mpk-security-history:history/config/revisions": "7",
	"system/users/user/config/authorized-key":              "[.='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5']",
	"system/users/user/config/password-hash":               "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
	"services/service/config/administrative-state":         "OUT_OF_SERVICE",
	"services/service/config/code-scan-mode":               "REQUIRE_CLEAN",
	"services/service/config/code-scan-accept":             "[.='ENTRY']",
	"system/config/code-scan-interval":                     "5",
	"domains/domain/config/lifecycle-state":                "PLANNED",
	"services/service/config/lifecycle-state":              "PLANNED",
	"transitions/transition/config/lifecycle-state":        "PLANNED",
	"channels/channel/config/producer":                     "z",
	"channels/channel/config/consumer":                     "[.='z']",
	"channels/channel/config/slots":                        "128",
	"channels/channel/config/slot-size":                    "64",
	"channels/channel/config/integrity":                    "HMAC_SHA256",
	"channels/channel/config/overflow":                     "DROP_OLDEST",
	"channels/channel/config/administrative-state":         "OUT_OF_SERVICE",
	"channels/channel/config/lifecycle-state":              "PLANNED",
	"channels/channel/config/description":                  "other",
}

// renamed gives an entry another key: the lines that take the old one away and
// make the new one.
var renamed = map[string][]string{
	"domains/domain/config/name":           append(viewtest.Domain("z", 1), "- "+viewtest.Entry("domain", "a")),
	"services/service/config/name":         append(viewtest.Service("z", "a", 7), "- "+viewtest.Entry("service", "s")),
	"transitions/transition/config/source": append(viewtest.Transition("b", "a", "PERMIT"), "- "+viewtest.Entry("transition", "a", "b")),
	"transitions/transition/config/target": append(viewtest.Transition("a", "c", "PERMIT"), "- "+viewtest.Entry("transition", "a", "b")),
	"channels/channel/config/name":         append(viewtest.Channel("z", "s", "c"), "- "+viewtest.Entry("channel", "k")),
	"system/users/user/config/name":        {"system/users/user[name='otto']/config/role = VIEWER", "- system/users/user[name='olga']"},
}

func planString(t testing.TB, configuration *tree.Tree) string {
	t.Helper()
	c := NewConfig()
	c.Apply(viewtest.Delta(t, tree.New(viewtest.Set(t)), configuration))
	return NewPlan(c.Reader(), []Hosted{{Domain: "a"}, {"b", []string{"read", "write"}}, {Domain: "c"}}).String()
}

// configLeafs yields every config leaf and leaf-list below n but list keys,
// which follow the config leaf of their name.
func configLeafs(n *schema.Node, yield func(*schema.Node)) {
	for _, k := range n.DataChildren {
		switch {
		case !k.Config || k.IsKey() || inertModules[k.Module.Name] != "":
		case k.Kind == schema.Leaf || k.Kind == schema.LeafList:
			yield(k)
		default:
			configLeafs(k, yield)
		}
	}
}

// TestEveryLeafIsEnforced changes each configuration leaf of the model in turn.
// It fails for a new leaf until that changes the plan, or is listed as inert.
func TestEveryLeafIsEnforced(t *testing.T) {
	from := everything(t)
	before := planString(t, from)
	listed := map[string]bool{}
	top := viewtest.Set(t).Root.Child("mpk-security", "mpk-security")
	configLeafs(top, func(leaf *schema.Node) {
		path := leaf.Path()
		listed[path] = true
		lines, err := change(path)
		if err != nil {
			t.Error(err)
			return
		}
		to := viewtest.Edit(t, from, lines...)
		if len(tree.Diff(from, to)) == 0 {
			t.Errorf("%s: the test's change changes nothing; give another value", path)
		}
		reason, isInert := inert[path]
		switch changed := planString(t, to) != before; {
		case changed && isInert:
			t.Errorf("%s changes the plan, but is listed as inert because %s; take it off the list in inert.go", path, reason)
		case !changed && !isInert:
			t.Errorf("%s does not change the plan: compile it, or list it in inert.go with the reason", path)
		}
	})
	for path, reason := range inert {
		if !listed[path] || reason == "" {
			t.Errorf("inert.go lists %s (%q): the model has no such leaf, or the reason is missing", path, reason)
		}
	}
	for name, reason := range inertModules {
		if viewtest.Set(t).Module(name) == nil || reason == "" {
			t.Errorf("inert.go lists the module %s (%q): there is none, or the reason is missing", name, reason)
		}
	}
	if len(listed) < 20 {
		t.Errorf("only %d leafs were found", len(listed))
	}
}

// change returns the lines that change the leaf with that schema path.
func change(path string) ([]string, error) {
	below := strings.TrimPrefix(path, "/mpk-security:mpk-security/")
	if lines, ok := renamed[below]; ok {
		return lines, nil
	}
	value, ok := others[below]
	switch {
	case !ok:
		return nil, fmt.Errorf("%s is new: compile it into the plan, or list it in inert.go, and give the test a value for it", path)
	case strings.HasPrefix(value, "["):
		return []string{entries.Replace(below) + value}, nil
	}
	return []string{entries.Replace(below) + " = " + value}, nil
}
