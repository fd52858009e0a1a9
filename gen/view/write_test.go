package view_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// stateful lists a zero value of each generated struct that carries state, and
// where it stands.
var stateful = map[string]any{
	"system":                               new(gen.MpkSecurity_System),
	"system/users/user[name='olga']":       new(gen.MpkSecurity_System_User),
	viewtest.Entry("domain", "a"):          new(gen.MpkSecurity_Domain),
	viewtest.Entry("service", "s"):         new(gen.MpkSecurity_Service),
	viewtest.Entry("transition", "a", "b"): new(gen.MpkSecurity_Transition),
	observation:                            new(gen.MpkSecurity_Observation),
	observation + "/transitions/transition[source='v2'][target='v2']": new(gen.MpkSecurity_Observation_Transition),
}

const observation = "mpk-security-telemetry:observation"

// invent fills every state field of a generated struct with some valid value,
// which n varies. A field of a kind that it does not know fails the test, as it
// would be lost in Write.
func invent(t *testing.T, v reflect.Value, n uint64) {
	t.Helper()
	for i := range v.NumField() {
		path := v.Type().Field(i).Tag.Get("path")
		if strings.HasPrefix(path, "config/") || strings.HasPrefix(path, "users/") || strings.Contains(path, "|") {
			continue // keys stay
		}
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Map:
			continue // entries are written one by one
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{fmt.Sprintf("v%d", n), fmt.Sprintf("v%d", n+1)}))
			continue
		}
		if _, ok := f.Interface().(ygot.GoEnum); ok {
			f.SetInt(int64(1 + n%2))
			continue
		}
		if f.Kind() != reflect.Pointer {
			t.Fatalf("%s %s: the test knows no values of %s", v.Type(), path, f.Type())
		}
		f.Set(reflect.New(f.Type().Elem()))
		switch e := f.Elem(); e.Kind() {
		case reflect.Struct:
			invent(t, e, n)
		case reflect.String:
			e.SetString(text(path, n))
		case reflect.Bool:
			e.SetBool(n%2 == 0)
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			e.SetUint(n)
		default:
			t.Fatalf("%s %s: the test knows no values of %s", v.Type(), path, f.Type())
		}
	}
}

// text is a value for the string leafs of state.
func text(path string, n uint64) string {
	switch {
	case strings.HasSuffix(path, "seen"), strings.HasSuffix(path, "since"), strings.HasSuffix(path, "time"), strings.HasSuffix(path, "login"), strings.HasSuffix(path, "denied"):
		return fmt.Sprintf("2026-11-23T00:00:%02dZ", n%60)
	case path == "address":
		return fmt.Sprintf("00:%02x", n%256)
	case strings.HasSuffix(path, "executable"):
		return fmt.Sprintf("/v%d", n)
	case strings.HasSuffix(path, "sha256"):
		return fmt.Sprintf("%064x", n)
	}
	return fmt.Sprintf("v%d", n)
}

// stored reads back what Write stored below the entry at path.
func stored(t *testing.T, from *tree.Tree, path tree.Path, like any) any {
	t.Helper()
	v := reflect.New(reflect.TypeOf(like).Elem())
	if c, ok := from.Find(path).(*tree.Container); ok {
		read(t, v, c)
	}
	for i := range v.Elem().NumField() { // leafs of config are not what Write stores
		f := v.Elem().Type().Field(i)
		if path := f.Tag.Get("path"); strings.HasPrefix(path, "config/") || strings.Contains(path, "|") {
			v.Elem().Field(i).SetZero()
		}
	}
	return v.Interface()
}

// read is Fill for a struct and those in it.
func read(t *testing.T, v reflect.Value, c *tree.Container) {
	t.Helper()
	if err := view.Fill(v.Interface(), c); err != nil {
		t.Fatal(err)
	}
	for i := range v.Elem().NumField() {
		f := v.Elem().Field(i)
		if f.Kind() != reflect.Pointer || f.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		at := tree.Node(c)
		for name := range strings.SplitSeq(v.Elem().Type().Field(i).Tag.Get("path"), "/") {
			if above, ok := at.(*tree.Container); ok {
				at = above.Child(above.Schema().Child("", name))
			}
		}
		if inner, ok := at.(*tree.Container); ok {
			f.Set(reflect.New(f.Type().Elem()))
			read(t, f, inner)
		}
	}
}

func write(t *testing.T, from *tree.Tree, path tree.Path, prev, next any) *tree.Tree {
	t.Helper()
	e := from.Edit()
	if err := view.Write(e, path, prev, next); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}

func TestWriteIsReadBack(t *testing.T) {
	for at, zero := range stateful {
		t.Run(at, func(t *testing.T) {
			path := viewtest.Path(t, at)
			first, second := reflect.New(reflect.TypeOf(zero).Elem()), reflect.New(reflect.TypeOf(zero).Elem())
			invent(t, first.Elem(), 2)
			invent(t, second.Elem(), 3)
			one := write(t, small(t), path, nil, first.Interface())
			check(t, "from nothing", stored(t, one, path, zero), first.Interface())
			checkValues(t, one)
			two := write(t, one, path, first.Interface(), second.Interface())
			check(t, "from another", stored(t, two, path, zero), second.Interface())
			check(t, "away", stored(t, write(t, two, path, second.Interface(), zero), path, zero), stored(t, small(t), path, zero))
		})
	}
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("written %s: read back %s, want %s", what, show(got), show(want))
	}
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// checkValues makes sure that every leaf is one that its type admits: Write
// takes the generated types' word for it.
func checkValues(t *testing.T, of *tree.Tree) {
	t.Helper()
	var walk func(c *tree.Container)
	walk = func(c *tree.Container) {
		for n := range c.Children() {
			switch n := n.(type) {
			case *tree.Container:
				walk(n)
			case *tree.List:
				for entry := range n.All() {
					walk(entry)
				}
			case *tree.Leaf:
				if got := viewtest.Value(t, n.Schema(), n.Value().String()); got.String() != n.Value().String() {
					t.Errorf("%s is stored as %q, canonical is %q", n.Schema().Path(), n.Value(), got)
				}
			}
		}
	}
	walk(of.Root())
}

// TestWriteTouchesWhatDiffers: what is the same in prev is taken as stored.
func TestWriteTouchesWhatDiffers(t *testing.T) {
	path := viewtest.Path(t, viewtest.Entry("domain", "a"))
	before := small(t)
	v := &gen.MpkSecurity_Domain{Counters: &gen.MpkSecurity_Domain_Counters{EntriesPermitted: ygot.Uint64(1), EntriesDenied: ygot.Uint64(2)}}
	if after := write(t, before, path, v, v); len(tree.Diff(before, after)) != 0 {
		t.Errorf("writing the same over again changes %v", tree.Diff(before, after))
	}
	next := &gen.MpkSecurity_Domain{Counters: &gen.MpkSecurity_Domain_Counters{EntriesPermitted: ygot.Uint64(1), EntriesDenied: ygot.Uint64(3)}}
	one := write(t, before, path, nil, v)
	two := write(t, one, path, v, next)
	if d := tree.Diff(one, two); len(d) != 1 || d[0].Path.Schema().Name != "entries-denied" {
		t.Errorf("changes are %v, want entries-denied alone", d)
	}
}

func TestFillRefusesAnotherModel(t *testing.T) {
	entry, ok := small(t).Find(viewtest.Path(t, viewtest.Entry("domain", "a"))).(*tree.Container)
	if !ok {
		t.Fatal("no domain a")
	}
	for name, dst := range map[string]any{
		"wrong enumeration": &struct {
			L gen.E_MpkSecurityTypes_UserRole `path:"config/privilege-level"`
		}{},
		"wrong number": &struct {
			N *uint16 `path:"config/name"`
		}{},
		"no pointer": &struct {
			N string `path:"config/name"`
		}{},
		"leaf as list": &struct {
			N []string `path:"config/name"`
		}{},
	} {
		if err := view.Fill(dst, entry); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
