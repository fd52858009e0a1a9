package gnmi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"golang.org/x/crypto/argon2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

//go:embed testdata/initial.json
var initialJSON string

// password is every test user's.
const password = "correct horse"

var compiled = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{})
})

// hash is a hash of the password that costs little.
func hash() string {
	salt := []byte("salt of the test")
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=8,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32))
}

// must unwraps a result; the second call names the test to fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// rig is a server with everything around it, on a port of its own.
type rig struct {
	*Server
	t    testing.TB
	cert *Certificate
	addr string
	stop func()
	done chan error // what Serve returned
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	set := must(compiled())(t)
	store := must(datastore.Open(datastore.Config{Dir: t.TempDir(), Schema: set, Engine: engine{}, Initial: initial, Logger: quiet(t)}))(t)
	t.Cleanup(func() { store.Close() })
	r := &rig{t: t, cert: must(EnsureCertificate(t.TempDir()))(t), done: make(chan error, 1)}
	c := Config{Schema: set, Store: store, Access: access.New(store.Running), Certificate: r.cert, Logger: quiet(t)}
	if change != nil {
		change(&c)
	}
	r.Server = New(c)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	r.addr = listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			stop()
			if err := <-r.done; err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
	}
	go func() { r.done <- r.Serve(ctx, listener) }()
	t.Cleanup(r.stop)
	return r
}

func initial() (*tree.Tree, error) {
	set, err := compiled()
	if err != nil {
		return nil, err
	}
	return json.Decode(set, []byte(strings.ReplaceAll(initialJSON, "HASH", hash())), json.DecodeOptions{})
}

// engine refuses configurations with the word "unenforceable".
type engine struct{}

func (engine) Prepare(_ context.Context, c datastore.Change) (commit, abort func(), err error) {
	for _, change := range c.Changes {
		if leaf, ok := change.New.(*tree.Leaf); ok && strings.Contains(leaf.Value().String(), "unenforceable") {
			return nil, nil, errors.New("allocate keys: none is left")
		}
	}
	return func() {}, func() {}, nil
}

// quiet logs to the test's log, which shows when the test fails.
func quiet(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(&testLog{t: t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testLog struct {
	mu sync.Mutex
	t  testing.TB
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil { // the test log is closed once the test ends
		l.t.Log(string(bytes.TrimSpace(p)))
	}
	return len(p), nil
}

// roots returns the pool with the server's own certificate.
func (r *rig) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(must(os.ReadFile(r.cert.CertFile))(r.t)) {
		r.t.Fatal("the certificate file has no certificate")
	}
	return pool
}

// dial connects a client that trusts the server's certificate.
func (r *rig) dial(certs ...tls.Certificate) gpb.GNMIClient {
	r.t.Helper()
	creds := credentials.NewTLS(&tls.Config{RootCAs: r.roots(), Certificates: certs, ServerName: "localhost"})
	conn := must(grpc.NewClient(r.addr, grpc.WithTransportCredentials(creds)))(r.t)
	r.t.Cleanup(func() { conn.Close() })
	return gpb.NewGNMIClient(conn)
}

// as returns the context of calls by that user.
func (r *rig) as(user string) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r.t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "username", user, "password", password)
}

// put stores state leafs: pairs of path below /mpk-security:mpk-security and value.
func (r *rig) put(pairs ...string) {
	r.t.Helper()
	err := r.store.UpdateState(func(e *tree.Editor) error {
		for i := 0; i < len(pairs); i += 2 {
			p := r.instance(pairs[i])
			v, err := p.Schema().ParseValue(pairs[i+1])
			if err != nil {
				return err
			}
			if err := e.SetLeaf(p, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// remove removes a state node.
func (r *rig) remove(text string) {
	r.t.Helper()
	err := r.store.UpdateState(func(e *tree.Editor) error {
		_, err := e.DeletePath(r.instance(text))
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) instance(text string) tree.Path {
	r.t.Helper()
	return must(r.schema.ParsePath("/mpk-security:mpk-security" + text))(r.t)
}

// path reads a gNMI path as people write it: /a/b[k=v]/c, without escapes.
func path(text string) *gpb.Path {
	p := &gpb.Path{}
	for _, part := range split(strings.TrimPrefix(text, "/")) {
		name, keys, _ := strings.Cut(part, "[")
		e := &gpb.PathElem{Name: name}
		for _, k := range strings.Split(strings.TrimSuffix(keys, "]"), "][") {
			if name, value, ok := strings.Cut(k, "="); ok {
				if e.Key == nil {
					e.Key = map[string]string{}
				}
				e.Key[name] = value
			}
		}
		p.Elem = append(p.Elem, e)
	}
	return p
}

// split cuts at the slashes that are not inside brackets.
func split(text string) (parts []string) {
	depth, from := 0, 0
	for i, c := range text {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '/' && depth == 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	if text == "" {
		return nil
	}
	return append(parts, text[from:])
}

func text(s string) *gpb.TypedValue {
	return &gpb.TypedValue{Value: &gpb.TypedValue_StringVal{StringVal: s}}
}

// show writes a value and its path on one line.
func show(prefix, p *gpb.Path, v *gpb.TypedValue) string {
	text := formatElems(append(prefix.GetElem(), p.GetElem()...))
	if v == nil {
		return "- " + text
	}
	return text + " " + showValue(v)
}

func showValue(v *gpb.TypedValue) string {
	switch x := v.GetValue().(type) {
	case *gpb.TypedValue_StringVal:
		return strconv.Quote(x.StringVal)
	case *gpb.TypedValue_UintVal:
		return fmt.Sprint("uint ", x.UintVal)
	case *gpb.TypedValue_IntVal:
		return fmt.Sprint("int ", x.IntVal)
	case *gpb.TypedValue_BoolVal:
		return strconv.FormatBool(x.BoolVal)
	case *gpb.TypedValue_DoubleVal:
		return fmt.Sprint("double ", x.DoubleVal)
	case *gpb.TypedValue_BytesVal:
		return fmt.Sprintf("bytes %x", x.BytesVal)
	case *gpb.TypedValue_JsonVal:
		return "JSON " + string(x.JsonVal)
	case *gpb.TypedValue_JsonIetfVal:
		return "JSON_IETF " + string(x.JsonIetfVal)
	case *gpb.TypedValue_LeaflistVal:
		var all []string
		for _, e := range x.LeaflistVal.GetElement() {
			all = append(all, showValue(e))
		}
		return "[" + strings.Join(all, " ") + "]"
	}
	return fmt.Sprintf("%T", v.GetValue())
}

// lines writes a notification, a value on each line.
func lines(n *gpb.Notification) (all []string) {
	for _, d := range n.GetDelete() {
		all = append(all, show(n.GetPrefix(), d, nil))
	}
	for _, u := range n.GetUpdate() {
		all = append(all, show(n.GetPrefix(), u.GetPath(), u.GetVal()))
	}
	return all
}
