package gnmi

import (
	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// view is what a client may read of one version of the data.
type view struct {
	*tree.Tree
	// concealed are nodes that would show a default in place of what is hidden.
	concealed map[*schema.Node]bool
}

// view returns what of the tree the client may read now. It fails with
// UNAUTHENTICATED when the user is no more.
func (s *Server) view(c client, t *tree.Tree) (view, error) {
	if c.Role() == access.Nobody {
		return view{}, status.Errorf(codes.Unauthenticated, "user %q does not exist any more", c.Name)
	}
	concealed := s.access.Concealed(c.User)
	root := s.access.Readable(c.User, t.Root())
	if root != t.Root() {
		t = tree.FromRoot(s.schema, root)
	}
	return view{t, concealed}, nil
}

// of returns the scope without what would conceal something at or below n.
func (v view) of(n *schema.Node, want scope) scope {
	for c := range v.concealed {
		if leads(n, c) {
			return want.and(func(n *schema.Node) bool { return !v.concealed[n] })
		}
	}
	return want
}

// leads says whether c is n or stands below it.
func leads(n, c *schema.Node) bool {
	for ; c != nil; c = c.DataParent {
		if c == n {
			return true
		}
	}
	return false
}

// readable refuses a path that names a node the client may not read, with
// PERMISSION_DENIED whether or not it is there: the answer says nothing of the
// data. Below a path and behind wildcards, such nodes are just left out.
func (s *Server) readable(c client, all []selector) error {
	if len(all) != 1 || len(all[0]) == 0 {
		return nil
	}
	return toStatus(s.access.Decide(c.User, access.Read, access.Target{Path: all[0].path()}))
}

// useModels returns the scope of a request's use_models: the nodes of those
// modules, or all when there are none (gNMI specification section 2.6). It fails
// with INVALID_ARGUMENT for a model that is not served.
func (s *Server) useModels(models []*gpb.ModelData) (scope, error) {
	if len(models) == 0 {
		return nil, nil
	}
	used := map[*schema.Module]bool{}
	for _, d := range models {
		m := s.schema.Module(d.GetName())
		if m == nil || !m.Implemented || d.GetVersion() != "" && d.GetVersion() != m.Revision ||
			d.GetOrganization() != "" && d.GetOrganization() != m.Organization {
			return nil, status.Errorf(codes.InvalidArgument, "use_models: model %q of %q, version %q, is not served; see Capabilities",
				d.GetName(), d.GetOrganization(), d.GetVersion())
		}
		used[m] = true
	}
	return func(n *schema.Node) bool { return used[n.Module] }, nil
}

// and is the scope of what both have.
func (s scope) and(t scope) scope {
	if s == nil {
		return t
	}
	if t == nil {
		return s
	}
	return func(n *schema.Node) bool { return s(n) && t(n) }
}

// isState is the scope of config false.
func isState(n *schema.Node) bool { return !n.Config }

// isOperational is the scope of state that is not the configuration in force: in
// the OpenConfig manner, a leaf of a container "state" that the sibling
// container "config" has not.
func isOperational(n *schema.Node) bool {
	if n.Config {
		return false
	}
	parent := n.DataParent
	if parent.Name != "state" || parent.DataParent == nil {
		return true
	}
	config := parent.DataParent.Child(parent.Module.Name, "config")
	return config == nil || config.Child(n.Module.Name, n.Name) == nil
}

// prune returns what the scope has of a node, defaults in use among it and list
// keys with it; nil when that is nothing.
func prune(c *tree.Cursor, want scope) tree.Node {
	k, ok := c.Node().(*tree.Container)
	if !ok {
		if want.has(c.Node().Schema()) {
			return c.Node()
		}
		return nil
	}
	var keys, kept []tree.Node
	for _, s := range k.Schema().DataChildren {
		if s.IsKey() {
			keys = append(keys, k.Child(s))
		} else if n := pruneChild(c, k, s, want); n != nil {
			kept = append(kept, n)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return tree.NewContainer(k.Schema(), append(keys, kept...))
}

func pruneChild(c *tree.Cursor, k *tree.Container, s *schema.Node, want scope) tree.Node {
	switch x := k.Child(s).(type) {
	case nil:
		if n := implied(c, s); n != nil {
			return prune(n, want)
		}
		return nil
	case *tree.List:
		if len(s.Keys) == 0 {
			return prune(c.Down(x), want)
		}
		return pruneList(c, x, want)
	default:
		return prune(c.Down(x), want)
	}
}

func pruneList(c *tree.Cursor, l *tree.List, want scope) tree.Node {
	var kept []*tree.Container
	for entry := range l.All() {
		if n, ok := prune(c.Down(entry), want).(*tree.Container); ok {
			kept = append(kept, n)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return tree.NewList(l.Schema(), kept)
}
