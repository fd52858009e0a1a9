package netconftest

import (
	"context"
	_ "embed"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/history"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Password is that of all users: admin, operator and viewer, called as their roles.
const Password = "correct horse"

//go:embed initial.json
var initial string

var (
	compiled = sync.OnceValues(func() (*schema.Set, error) {
		return schema.Compile([]fs.FS{models.FS}, schema.Options{Features: netconf.Features})
	})
	hashed = sync.OnceValues(func() (string, error) { return access.HashPassword(Password) })
)

// Server is an appliance that runs.
type Server struct {
	Address string // of NETCONF over SSH
	Data    string // data directory as a daemon has it
	Store   *datastore.Store
}

// Start runs an appliance until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	set, err := compiled()
	check(t, err)
	s := &Server{Data: t.TempDir()}
	check(t, os.WriteFile(filepath.Join(s.Data, "admin-password"), []byte(Password+"\n"), 0o600))
	s.Store, err = datastore.Open(datastore.Config{
		Dir: filepath.Join(s.Data, "config"), Schema: set, Engine: idle{}, Rules: access.Check, History: history.Most, Logger: slog.New(slog.DiscardHandler),
		Initial: func() (*tree.Tree, error) { return start(set) },
	})
	check(t, err)
	t.Cleanup(func() { s.Store.Close() })
	s.serve(t, set)
	return s
}

func start(set *schema.Set) (*tree.Tree, error) {
	hash, err := hashed()
	if err != nil {
		return nil, err
	}
	return json.Decode(set, []byte(strings.ReplaceAll(initial, "HASH", hash)), json.DecodeOptions{})
}

func (s *Server) serve(t testing.TB, set *schema.Set) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	hub, err := notify.Open(notify.Config{Dir: filepath.Join(s.Data, "notifications"), Schema: set, Logger: quiet})
	check(t, err)
	t.Cleanup(func() { hub.Close() })
	dir := filepath.Join(s.Data, "ssh")
	check(t, os.Mkdir(dir, 0o700))
	keys, err := netconf.EnsureHostKeys(dir)
	check(t, err)
	users := access.New(s.Store.Running)
	past, err := history.New(set, s.Store, users)
	check(t, err)
	server, err := netconf.New(netconf.Config{
		Schema: set, Store: s.Store, Access: users, Hub: hub, HostKeys: keys, Logger: quiet,
		State: []netconf.StateProvider{users.State, past.State}, Operations: append(operations(past), s.reset(set)),
	})
	check(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	s.Address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func operations(past *history.History) []netconf.Operation {
	get, back := past.RPCs()
	return []netconf.Operation{
		{Node: get, Run: func(_ context.Context, c netconf.Call) (*tree.Container, error) {
			return past.GetRevision(c.User, c.Input)
		}},
		{Node: back, Run: func(ctx context.Context, c netconf.Call) (*tree.Container, error) {
			return past.Rollback(ctx, c.Actor, c.Input)
		}},
	}
}

// reset forgets all that was observed, whatever is asked for.
func (s *Server) reset(set *schema.Set) netconf.Operation {
	return netconf.Operation{Node: set.RPC("mpk-security-telemetry", "reset-observations"), Run: func(context.Context, netconf.Call) (*tree.Container, error) {
		return nil, s.Store.UpdateState(func(e *tree.Editor) error {
			path, err := set.ParsePath("/mpk-security:mpk-security/mpk-security-telemetry:observation/transitions")
			if err == nil {
				_, err = e.DeletePath(path)
			}
			return err
		})
	}}
}

// idle is an engine that takes everything.
type idle struct{}

func (idle) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
