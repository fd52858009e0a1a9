package gnmi

import (
	"bytes"
	"context"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

// Get returns a snapshot: for each path a notification with the values it
// selects (gNMI specification section 3.3). All of them are of one moment.
func (s *Server) Get(ctx context.Context, req *gpb.GetRequest) (*gpb.GetResponse, error) {
	if err := checkEncoding(req.GetEncoding()); err != nil {
		return nil, err
	}
	if err := checkExtensions(req.GetExtension()); err != nil {
		return nil, err
	}
	g, err := s.getter(caller(ctx), req)
	if err != nil {
		return nil, err
	}
	paths := req.GetPath()
	if len(paths) > s.limits.Paths {
		return nil, status.Errorf(codes.InvalidArgument, "%d paths are too many for one call; at most %d are allowed", len(paths), s.limits.Paths)
	}
	if len(paths) == 0 {
		paths = []*gpb.Path{{}} // the prefix alone
	}
	resp := &gpb.GetResponse{}
	for _, p := range paths {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		n, err := g.notification(p)
		if err != nil {
			return nil, err
		}
		resp.Notification = append(resp.Notification, n)
	}
	return resp, nil
}

// getter serves one GetRequest.
type getter struct {
	*Server
	client   client
	resolver resolver
	encoding gpb.Encoding
	view     view
	taken    time.Time
	level    tree.Scope
	want     scope // nil: everything in the tree

	left   int    // bytes that the response may still grow by
	fields []byte // updates of the notification being made, in wire form
	count  int    // of them
}

func (s *Server) getter(c client, req *gpb.GetRequest) (*getter, error) {
	g := &getter{
		Server: s, client: c, encoding: req.GetEncoding(), level: tree.ConfigAndState, left: s.limits.ResponseBytes,
		resolver: resolver{s.schema, req.GetPrefix(), codes.Unimplemented},
	}
	models, err := s.useModels(req.GetUseModels())
	if err != nil {
		return nil, err
	}
	t := s.store.Operational()
	switch req.GetType() {
	case gpb.GetRequest_ALL:
	case gpb.GetRequest_CONFIG:
		t, g.level = s.store.Running(), tree.ConfigOnly
	case gpb.GetRequest_STATE:
		g.want = isState
	case gpb.GetRequest_OPERATIONAL:
		g.want = isOperational
	default:
		return nil, status.Errorf(codes.InvalidArgument, "data type %v is not known; ALL, CONFIG, STATE and OPERATIONAL are", req.GetType())
	}
	g.want = g.want.and(models)
	g.taken = time.Now()
	g.view, err = s.view(c, t)
	return g, err
}

// notification returns the values of one path, or NOT_FOUND when there are none.
func (g *getter) notification(path *gpb.Path) (*gpb.Notification, error) {
	all, err := g.resolver.resolve(path)
	if err != nil {
		return nil, err
	}
	if err := g.readable(g.client, all); err != nil {
		return nil, err
	}
	g.fields, g.count = nil, 0
	root := tree.NewCursor(g.view.Tree, g.level)
	for _, sel := range all {
		sel.match(root, g.add)
	}
	switch {
	case g.left < 0:
		return nil, status.Errorf(codes.ResourceExhausted, "the response exceeds %d bytes; ask for less, or use Subscribe with mode ONCE", g.limits.ResponseBytes)
	case g.count == 0 && !isRoot(all):
		return nil, status.Errorf(codes.NotFound, "path %s: there is no such data now", formatElems(g.resolver.elems(path)))
	}
	return verbatim(&gpb.Notification{Timestamp: g.taken.UnixNano(), Prefix: echo(g.resolver.prefix, path)}, g.fields), nil
}

func isRoot(all []selector) bool { return len(all) == 1 && len(all[0]) == 0 }

// add adds the value of a selected node: one for each leaf in PROTO, the subtree
// in JSON.
func (g *getter) add(c *tree.Cursor) {
	want := g.view.of(c.Node().Schema(), g.want)
	if g.encoding == gpb.Encoding_PROTO {
		g.names.leaves(c, want, g.update)
		return
	}
	node, opt := c.Node(), json.EncodeOptions{Defaults: json.ReportAll, Scope: g.level}
	if want != nil {
		if node, opt = prune(c, want), (json.EncodeOptions{}); node == nil {
			return
		}
	}
	value := appendValue(nil, node, g.encoding, opt)
	if existsByItself(node.Schema()) && bytes.HasSuffix(value, []byte("{}")) && len(value) == len("{}")+2 {
		return // nothing is in it; before the value stand tag and length
	}
	g.put(g.names.path(c), value)
}

// update is a visitor.
func (g *getter) update(path []byte, n tree.Node) {
	g.put(path, appendValue(nil, n, g.encoding, json.EncodeOptions{}))
}

// put adds a value, unless the response is too large already.
func (g *getter) put(path, value []byte) {
	if g.left < 0 {
		return
	}
	before := len(g.fields)
	g.fields = appendUpdate(g.fields, path, value)
	g.left -= len(g.fields) - before
	g.count++
}

// echo returns the prefix of a response: the target and origin of the request.
// Paths in responses are whole.
func echo(prefix, path *gpb.Path) *gpb.Path {
	origin := prefix.GetOrigin()
	if origin == "" {
		origin = path.GetOrigin()
	}
	if origin == "" && prefix.GetTarget() == "" {
		return nil
	}
	return &gpb.Path{Origin: origin, Target: prefix.GetTarget()}
}
