package gnmi

import (
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// selected writes what a path selects.
func selected(all []selector) string {
	var texts []string
	for _, s := range all {
		p := s.path().String()
		if p == "" {
			p = "/"
		}
		texts = append(texts, p)
	}
	return strings.ReplaceAll(strings.Join(texts, " "), "mpk-security:mpk-security", "M")
}

func TestResolve(t *testing.T) {
	for _, test := range []struct{ prefix, path, want string }{
		{"", "/", "/"},
		{"", "/mpk-security", "/M"},
		{"", "/mpk-security:mpk-security/domains", "/M/domains"},
		{"", "/mpk-security/domains/domain", "/M/domains/domain"},
		{"", "/mpk-security/domains/domain[name=*]", "/M/domains/domain"},
		{"", "/mpk-security/domains/domain[name=key-store]/config/id", "/M/domains/domain[name='key-store']/config/id"},
		{"/mpk-security/domains", "/domain[mpk-security:name=key-store]", "/M/domains/domain[name='key-store']"},
		{"/mpk-security/domains/domain[name=a]", "", "/M/domains/domain[name='a']"},
		{"", "/mpk-security/transitions/transition[source=a][target=b]", "/M/transitions/transition[source='a'][target='b']"},
		{"", "/mpk-security/transitions/transition[source=a]/state/counters", "/M/transitions/transition/state/mpk-security-telemetry:counters"},
		{"", "/mpk-security/system/users/user[name=a]/*", "/M/system/users/user[name='a']/name /M/system/users/user[name='a']/config /M/system/users/user[name='a']/state"},
		{"", "/mpk-security/*/domain[name=a]/*/id", "/M/domains/domain[name='a']/config/id /M/domains/domain[name='a']/state/id"},
		{"", "/mpk-security/system/...", "/M/system"},
		{"", "/.../role", "/M/system/users/user/config/role /M/system/users/user/state/role"},
		{"", "/mpk-security/.../.../last-denied", "/M/transitions/transition/state/mpk-security-telemetry:counters/last-denied"},
	} {
		r := resolver{must(compiled())(t), path(test.prefix), codes.Unimplemented}
		all, err := r.resolve(path(test.path))
		if got := selected(all); err != nil || got != test.want {
			t.Errorf("%s + %s: %s, %v, want %s", test.prefix, test.path, got, err, test.want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, test := range []struct {
		path string
		code codes.Code
		want string
	}{
		{"/mpk-security/doors", codes.Unimplemented, `element 2: there is no node "doors" at /mpk-security:mpk-security; there are system, domains`},
		{"/other:mpk-security", codes.Unimplemented, `"other:mpk-security"`},
		{"/mpk-security/system/config/name/x", codes.Unimplemented, "has no children"},
		{"/mpk-security/*/doors", codes.Unimplemented, `there is no node "doors"`},
		{"/mpk-security//domains", codes.InvalidArgument, "element 2: it has no name"},
		{"/mpk-security/domains[name=a]", codes.InvalidArgument, "is not a list"},
		{"/mpk-security/domains/domain[nam=a]", codes.InvalidArgument, `no key "nam"; its keys are name`},
		{"/mpk-security/domains/domain[name=A]", codes.InvalidArgument, "key name of list domain"},
		{"/...[name=a]", codes.InvalidArgument, "cannot have keys"},
		{strings.Repeat("/mpk-security", maxElements+1), codes.InvalidArgument, "at most 128"},
		{strings.Repeat("/...", maxWildcards) + "/*", codes.InvalidArgument, "at most 16"},
	} {
		_, err := resolver{must(compiled())(t), nil, codes.Unimplemented}.resolve(path(test.path))
		if status.Code(err) != test.code || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %v with %s", test.path, err, test.code, test.want)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, test := range []struct {
		prefix, path, elems string
		want                string // what is selected, or a part of the error
	}{
		{"", "", "/mpk-security/system", "/M/system"},
		{"", "openconfig", "/mpk-security/system", "/M/system"},
		{"rfc7951", "", "/mpk-security/system", "/M/system"},
		{"", "mpk-security", "/mpk-security/system", "/M/system"},
		{"mpk-security", "mpk-security", "/mpk-security/system", "/M/system"},
		{"", "mpk-security", "/", "/M"},
		{"", "mpk-security", "/...", "/M"},
		{"", "mpk-security", "/*/system", "/M/system"},
		{"", "ietf-netconf-monitoring", "/mpk-security", `there is no node "mpk-security" at /; there are netconf-state`},
		{"openconfig", "mpk-security", "/", "give it once"},
		{"", "cli", "/", `origin "cli" is not served`},
	} {
		p := path(test.elems)
		p.Origin = test.path
		all, err := resolver{must(compiled())(t), &gpb.Path{Origin: test.prefix}, codes.Unimplemented}.resolve(p)
		got := selected(all)
		if err != nil {
			got = err.Error()
		}
		if got != test.want && (err == nil || !strings.Contains(got, test.want)) {
			t.Errorf("origins %q and %q, %s: %s, want %s", test.prefix, test.path, test.elems, got, test.want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{
		"/", "/mpk-security/domains/domain[name=*]/config", "/.../role", "/*/*/...", "/mpk-security/transitions/transition[source=a]", "/...[a=b]",
	} {
		raw, err := proto.Marshal(path(text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	set := must(compiled())(f)
	writer := newNames(set)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := &gpb.Path{}
		if proto.Unmarshal(raw, p) != nil {
			return
		}
		r := resolver{set, nil, codes.Unimplemented}
		all, err := r.resolve(p)
		if err != nil {
			if c := status.Code(err); c != codes.InvalidArgument && c != codes.Unimplemented {
				t.Fatal(err)
			}
			return
		}
		for _, s := range all {
			// The path of what was selected selects it again.
			back := &gpb.Path{}
			if err := proto.Unmarshal(writer.steps(nil, s.path()), back); err != nil {
				t.Fatal(err)
			}
			again, err := r.resolve(back)
			if err != nil || len(again) != 1 || again[0].end(set.Root) != s.end(set.Root) {
				t.Fatalf("%s: %v, %v", s.path(), again, err)
			}
		}
	})
}
