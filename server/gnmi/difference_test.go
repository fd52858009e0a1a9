package gnmi

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// changing has what makes differences hard: defaults in containers that are
// there or not, lists in lists, entries in an order, lists without keys.
const changing = `module c {
	yang-version 1.1; namespace "urn:c"; prefix c;
	container top {
		leaf plain { type uint8; }
		container box {
			leaf named { type string; default "n"; }
			leaf-list tags { type string; default "t"; ordered-by user; }
			container inner { leaf deep { type uint8; default 4; } leaf bare { type uint8; } }
		}
		container door { presence "open"; leaf colour { type string; default "red"; } leaf size { type uint8; } }
		list item { key "a b"; leaf a { type uint8; } leaf b { type uint8; }
			leaf v { type uint8; default 1; }
			container sub { leaf w { type uint8; default 2; } list leafy { key k; leaf k { type uint8; } leaf z { type uint8; } } }
		}
		list ordered { key k; ordered-by user; leaf k { type uint8; } leaf v { type uint8; } }
		container state { config false;
			list bag { leaf x { type uint8; } }
			leaf-list samples { type uint8; }
		}
	}
}`

// mirror is what a client makes of what it is sent.
type mirror map[string]string

func (m mirror) take(n *gpb.Notification) {
	for _, d := range n.GetDelete() {
		gone := formatElems(d.GetElem())
		maps.DeleteFunc(m, func(path, _ string) bool {
			rest, ok := strings.CutPrefix(path, gone)
			return ok && (rest == "" || rest[0] == '/')
		})
	}
	for _, u := range n.GetUpdate() {
		m[formatElems(u.GetPath().GetElem())] = showValue(u.GetVal())
	}
}

// follower is a stream without a connection, whose client is a mirror.
type follower struct {
	*stream
	watch *watch
	sees  mirror
	sent  int // updates and deletes
}

func follow(t testing.TB, set *schema.Set, text string) *follower {
	f := &follower{sees: mirror{}}
	all := must(resolver{set, nil, codes.Unimplemented}.resolve(path(text)))(t)
	f.watch = &watch{selectors: all, onChange: true, deletes: true}
	f.stream = &stream{Server: &Server{schema: set, names: newNames(set)}, sender: sender{
		encoding: gpb.Encoding_PROTO, most: 3,
		send: func(resp *gpb.SubscribeResponse) error {
			wire, err := proto.Marshal(resp)
			if err != nil {
				return err
			}
			got := &gpb.SubscribeResponse{}
			if err := proto.Unmarshal(wire, got); err != nil {
				return err
			}
			f.sees.take(got.GetUpdate())
			f.sent += len(got.GetUpdate().GetUpdate()) + len(got.GetUpdate().GetDelete())
			return nil
		},
	}}
	return f
}

// look brings the client up to date.
func (f *follower) look(t testing.TB, data *tree.Tree) {
	t.Helper()
	f.difference(f.watch, time.Now(), data)
	if err := f.flush(); err != nil {
		t.Fatal(err)
	}
}

// randomEdit returns an edit below top in JSON, or the path of what to delete.
func randomEdit(r *rand.Rand) (doc, gone string) {
	n := func() int { return r.IntN(3) }
	docs := []string{
		fmt.Sprintf(`{"plain":%d}`, n()),
		fmt.Sprintf(`{"box":{"named":"%d"}}`, n()),
		fmt.Sprintf(`{"box":{"tags":["%d","%d"]}}`, n(), n()+3),
		fmt.Sprintf(`{"box":{"inner":{"deep":%d}}}`, n()+3),
		fmt.Sprintf(`{"box":{"inner":{"bare":%d}}}`, n()),
		`{"door":{}}`,
		fmt.Sprintf(`{"door":{"colour":"%d","size":1}}`, n()),
		fmt.Sprintf(`{"item":[{"a":%d,"b":%d,"v":%d}]}`, n(), n(), n()),
		fmt.Sprintf(`{"item":[{"a":%d,"b":%d,"sub":{"w":%d,"leafy":[{"k":%d,"z":%d}]}}]}`, n(), n(), n(), n(), n()),
		fmt.Sprintf(`{"ordered":[{"k":%d,"v":%d}]}`, n(), n()),
		fmt.Sprintf(`{"state":{"bag":[{"x":%d},{"x":%d}]}}`, n(), n()),
		fmt.Sprintf(`{"state":{"samples":[%d]}}`, n()),
	}
	paths := []string{
		"/plain", "/box", "/box/named", "/box/tags", "/box/inner", "/box/inner/deep", "/door", "/door/colour", "/item", "/ordered", "/state/bag", "/state",
		fmt.Sprintf("/item[a=%d][b=%d]", n(), n()), fmt.Sprintf("/item[a=%d][b=%d]/v", n(), n()),
		fmt.Sprintf("/item[a=%d][b=%d]/sub", n(), n()), fmt.Sprintf("/item[a=%d][b=%d]/sub/leafy[k=%d]", n(), n(), n()),
		fmt.Sprintf("/ordered[k=%d]", n()), "",
	}
	if r.IntN(5) < 3 {
		return docs[r.IntN(len(docs))], ""
	}
	return "", "/top" + paths[r.IntN(len(paths))]
}

func TestDifferencesAddUp(t *testing.T) {
	set := must(schema.Compile([]fs.FS{fstest.MapFS{"c.yang": {Data: []byte(changing)}}}, schema.Options{}))(t)
	watched := []string{
		"/", "/top", "/top/box", "/top/box/named", "/top/box/inner/deep", "/top/box/tags", "/top/door", "/top/door/colour", "/top/item", "/top/item[a=1]",
		"/top/item[a=1][b=2]", "/top/item[b=0]/v", "/top/item[a=*][b=*]/sub/leafy[k=1]/z", "/top/ordered/v", "/top/state", "/top/state/bag", "/.../w", "/top/*/named",
	}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		now := tree.New(set)
		var all []*follower
		for _, w := range watched {
			all = append(all, follow(t, set, w))
		}
		for step := range 60 {
			doc, gone := randomEdit(r)
			now = edited(t, set, now, doc, gone)
			for i, f := range all {
				if r.IntN(3) == 0 {
					continue // this client is slow and misses a version
				}
				f.look(t, now)
				want := follow(t, set, watched[i])
				want.look(t, now)
				if !maps.Equal(f.sees, want.sees) {
					t.Fatalf("seed %d, step %d, %s%s: a client of %s sees\n%s\nwant\n%s", seed, step, doc, gone, watched[i], f.sees, want.sees)
				}
				sent := f.sent
				if f.look(t, now); f.sent != sent {
					t.Fatalf("a version that the client has was sent again")
				}
			}
		}
	}
}

func (m mirror) String() string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintln(&b, path, m[path])
	}
	return b.String()
}

func edited(t *testing.T, set *schema.Set, now *tree.Tree, doc, gone string) *tree.Tree {
	t.Helper()
	e := now.Edit()
	if gone == "" {
		ed := must(json.DecodeEdit(set, nil, []byte(`{"c:top":`+doc+`}`), json.DecodeOptions{State: true}))(t)
		if err := e.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		return e.Tree()
	}
	for _, s := range must(resolver{set, nil, codes.NotFound}.resolve(path(gone)))(t) {
		s.stored(now, func(p tree.Path) {
			if err := e.Apply(remove(set, p), tree.Merge); err != nil {
				t.Fatal(err)
			}
		})
	}
	return e.Tree()
}
