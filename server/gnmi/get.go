package gnmi

import (
	"context"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
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
	if len(paths) == 0 {
		paths = []*gpb.Path{{}} // the prefix alone
	}
	resp, size := &gpb.GetResponse{}, 0
	for _, p := range paths {
		n, err := g.notification(p)
		if err != nil {
			return nil, err
		}
		resp.Notification = append(resp.Notification, n)
		if size += proto.Size(n); size > s.limits.ResponseBytes {
			return nil, status.Errorf(codes.ResourceExhausted, "the response exceeds %d bytes; ask for less, or use Subscribe with mode ONCE", s.limits.ResponseBytes)
		}
	}
	return resp, nil
}

// getter serves one GetRequest.
type getter struct {
	*Server
	client   client
	resolver resolver
	encoding gpb.Encoding
	tree     *tree.Tree
	taken    time.Time
	level    tree.Scope
	want     scope // nil: everything in the tree
}

func (s *Server) getter(c client, req *gpb.GetRequest) (*getter, error) {
	g := &getter{
		Server: s, client: c, encoding: req.GetEncoding(), level: tree.ConfigAndState,
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
	g.tree, err = s.view(c, t)
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
	n := &gpb.Notification{Timestamp: g.taken.UnixNano(), Prefix: echo(g.resolver.prefix, path)}
	root := tree.NewCursor(g.tree, g.level)
	for _, sel := range all {
		sel.match(root, func(c *tree.Cursor) { n.Update = append(n.Update, g.updates(c)...) })
	}
	if len(n.Update) == 0 && !isRoot(all) {
		return nil, status.Errorf(codes.NotFound, "path %s: there is no such data now", formatElems(g.resolver.elems(path)))
	}
	return n, nil
}

func isRoot(all []selector) bool { return len(all) == 1 && len(all[0]) == 0 }

// updates returns the value of a selected node: one for each leaf in PROTO, the
// subtree in JSON.
func (g *getter) updates(c *tree.Cursor) (all []*gpb.Update) {
	if g.encoding == gpb.Encoding_PROTO {
		g.names.leaves(c, g.want, func(path []*gpb.PathElem, n tree.Node) {
			all = append(all, &gpb.Update{Path: &gpb.Path{Elem: path}, Val: encode(n, g.encoding, json.EncodeOptions{})})
		})
		return all
	}
	node, opt := c.Node(), json.EncodeOptions{Defaults: json.ReportAll, Scope: g.level}
	if g.want != nil {
		if node, opt = prune(c, g.want), (json.EncodeOptions{}); node == nil {
			return nil
		}
	}
	val := encode(node, g.encoding, opt)
	if s := node.Schema(); s.Kind == schema.Container && !s.Presence && emptyObject(val) {
		return nil
	}
	return []*gpb.Update{{Path: &gpb.Path{Elem: g.names.elems(c)}, Val: val}}
}

func emptyObject(v *gpb.TypedValue) bool {
	return string(v.GetJsonVal()) == "{}" || string(v.GetJsonIetfVal()) == "{}"
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
