package push

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// changing has what makes differences hard, and a notification of an entry.
const changing = `module c {
	yang-version 1.1; namespace "urn:c"; prefix c;
	container top {
		leaf plain { type uint8; }
		leaf-list tags { type string; ordered-by user; }
		container door { presence "open"; leaf colour { type string; default "red"; } leaf size { type uint8; } }
		list item { key "a b"; leaf a { type uint8; } leaf b { type uint8; } leaf v { type uint8; }
			list leafy { key k; leaf k { type uint8; } leaf z { type uint8; } }
			notification flapped { leaf count { type uint32; } }
		}
		list ordered { key k; ordered-by user; leaf k { type uint8; } leaf v { type uint8; } }
		container state { config false;
			list bag { leaf x { type uint8; } }
			leaf-list samples { type uint8; }
		}
	}
	notification happened { leaf number { type uint32; } }
}`

var features = map[string][]string{moduleSN: {"encode-xml", "replay", "subtree", "xpath"}}

var compiled = sync.OnceValues(func() (*schema.Set, error) {
	source := fstest.MapFS{"c.yang": {Data: []byte(changing)}}
	return schema.Compile([]fs.FS{models.FS, source}, schema.Options{
		Implement: append(models.Served(), "c"),
		Features:  func(m, f string) bool { return m != moduleSN || slices.Contains(features[m], f) },
	})
})

// rig is a publisher with everything around it.
type rig struct {
	*Publisher
	t     testing.TB
	users *access.Authority
	dir   string // of the log
	// fails is why the operational data cannot be read; nil: it can.
	fails error
}

func newRig(t testing.TB, limits Limits) *rig {
	t.Helper()
	set, err := compiled()
	check(t, err)
	r := &rig{t: t, dir: t.TempDir()}
	hub, err := notify.Open(notify.Config{Dir: r.dir, Schema: set, Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	t.Cleanup(func() { hub.Close() })
	store, err := datastore.Open(datastore.Config{Dir: t.TempDir(), Schema: set, Engine: engine{}, Initial: func() (*tree.Tree, error) { return r.initial(set) }})
	check(t, err)
	t.Cleanup(func() { store.Close() })
	r.users = access.New(store.Running)
	r.Publisher = New(Config{
		Schema: set, Store: store, Access: r.users, Hub: hub, Streams: []string{"NETCONF"}, Limits: limits,
		Logger:      slog.New(slog.DiscardHandler),
		Operational: func() (*tree.Tree, error) { return store.Operational(), r.fails },
	})
	return r
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// engine lets everything pass.
type engine struct{}

func (engine) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

func (r *rig) initial(set *schema.Set) (*tree.Tree, error) {
	return xml.Decode(set, []byte(`<config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users>
		<user><name>admin</name><config><name>admin</name><role>ADMINISTRATOR</role></config></user>
		<user><name>viewer</name><config><name>viewer</name><role>VIEWER</role></config></user>
	</users></system></mpk-security></config>`), xml.DecodeOptions{})
}

func element(t testing.TB, doc string) *xml.Element {
	t.Helper()
	el, err := xml.Parse([]byte(doc), xml.Limits{})
	check(t, err)
	return el
}

// edit changes running by an edit in XML.
func (r *rig) edit(doc string) {
	r.t.Helper()
	ed, err := xml.DecodeEdit(r.Schema, element(r.t, `<config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">`+doc+`</config>`), xml.DecodeOptions{})
	check(r.t, err)
	check(r.t, r.Store.Edit(r.t.Context(), datastore.Actor{Protocol: "test"}, datastore.Request{Target: datastore.Running, Edit: ed}))
}

// top is an edit below /c:top.
func (r *rig) top(doc string) { r.t.Helper(); r.edit(`<top xmlns="urn:c">` + doc + `</top>`) }

// state merges state below /c:top, given in XML.
func (r *rig) state(doc string) {
	r.t.Helper()
	all, err := xml.Decode(r.Schema, []byte(`<data><top xmlns="urn:c"><state>`+doc+`</state></top></data>`), xml.DecodeOptions{State: true})
	check(r.t, err)
	path := tree.Path{{Node: r.Schema.Root.Child("c", "top")}}
	state := all.Find(append(path, schema.PathStep{Node: path[0].Node.Child("c", "state")}))
	check(r.t, r.Store.UpdateState(func(e *tree.Editor) error {
		if _, err := e.DeletePath(append(path, schema.PathStep{Node: state.Schema()})); err != nil {
			return err
		}
		return e.Merge(path, state)
	}))
}

// subscriber is a receiver, and the time that it takes it for.
type subscriber struct {
	*Receiver
	t   testing.TB
	now time.Time
}

func (r *rig) subscriber(user string) *subscriber {
	r.t.Helper()
	u, err := r.users.AuthenticateCert(user)
	check(r.t, err)
	s := &subscriber{r.Receiver("test", u), r.t, time.Now()}
	r.t.Cleanup(s.Close)
	return s
}

const prefixes = ` xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications" xmlns:yp="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores" xmlns:c="urn:c"`

// input reads the input of an operation.
func (s *subscriber) input(module, name, doc string) *tree.Container {
	s.t.Helper()
	in, err := xml.DecodeInput(s.Schema, s.Schema.RPC(module, name).Input(), element(s.t, `<`+name+prefixes+`>`+doc+`</`+name+`>`))
	check(s.t, err)
	return in
}

// establish makes a subscription and returns its number.
func (s *subscriber) establish(doc string) string {
	s.t.Helper()
	out, err := s.Establish(s.input(moduleSN, "establish-subscription", doc))
	check(s.t, err)
	return text(out, moduleSN, "id")
}

// take returns what there is to be sent now, each as XML without declarations.
func (s *subscriber) take() (all []string) {
	s.t.Helper()
	for {
		n, ok := s.next(s.now)
		if !ok {
			return all
		}
		all = append(all, plain(s.t, n))
	}
}

// plain returns a notification as XML without declarations.
func plain(t testing.TB, n notify.Notification) string {
	t.Helper()
	var b bytes.Buffer
	check(t, xml.EncodeWithin(&b, n.At, n.Content, xml.EncodeOptions{}))
	text := b.String()
	for {
		before, after, ok := strings.Cut(text, " xmlns")
		if !ok {
			return text
		}
		_, after, _ = strings.Cut(after, `"`)
		_, after, _ = strings.Cut(after, `"`)
		text = before + after
	}
}

// expect fails the test unless exactly these parts are in what there is to be
// sent, one in each.
func (s *subscriber) expect(parts ...string) {
	s.t.Helper()
	got := s.take()
	ok := len(got) == len(parts)
	for i := range min(len(got), len(parts)) {
		ok = ok && strings.Contains(got[i], parts[i])
	}
	if !ok {
		s.t.Fatalf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(parts, "\n"))
	}
}
