package gnmi

import (
	"slices"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
)

// What one path may ask for.
const (
	maxElements  = 128     // path elements, those of the prefix among them
	maxWildcards = 16      // of them "*" and "...", each of which may visit the whole schema
	maxSelectors = 1 << 16 // schema nodes that match on the way
)

// The wildcards of the path conventions: any one node, and any number of nodes.
const (
	anyNode  = "*"
	anyDepth = "..."
)

// resolver leads the paths of one request through the schema.
type resolver struct {
	set    *schema.Set
	prefix *gpb.Path
	// unknown is the code for a path that is well formed but leads nowhere.
	unknown codes.Code
}

// resolve returns what the prefix and path together select: topmost nodes, in
// schema order. The error is a status with INVALID_ARGUMENT or r.unknown.
func (r resolver) resolve(path *gpb.Path) ([]selector, error) {
	origin, err := r.origin(path)
	if err != nil {
		return nil, err
	}
	if isAncient(r.prefix) || isAncient(path) {
		return nil, status.Error(codes.InvalidArgument, "path has only the field element, which gNMI 0.4 replaced by elem")
	}
	elems := r.elems(path)
	if len(elems) > maxElements {
		return nil, status.Errorf(codes.InvalidArgument, "path has %d elements; at most %d are allowed", len(elems), maxElements)
	}
	if n := wildcards(elems); n > maxWildcards {
		return nil, status.Errorf(codes.InvalidArgument, "path has %d wildcards for names; at most %d are allowed", n, maxWildcards)
	}
	all, err := walker{r.set.Root, origin}.walk(elems, r.unknown)
	if err != nil {
		return nil, err
	}
	return topmost(all), nil
}

// isAncient says whether a path is in the form before gNMI 0.4 alone. Some
// clients send both forms.
func isAncient(p *gpb.Path) bool {
	//lint:ignore SA1019 looked at to be refused
	return len(p.GetElem()) == 0 && len(p.GetElement()) > 0
}

// elems returns the elements of prefix and path.
func (r resolver) elems(path *gpb.Path) []*gpb.PathElem {
	return slices.Concat(r.prefix.GetElem(), path.GetElem())
}

// wild says whether prefix and path have wildcards for names.
func (r resolver) wild(path *gpb.Path) bool { return wildcards(r.elems(path)) > 0 }

// wildcards counts the wildcards for names.
func wildcards(elems []*gpb.PathElem) (n int) {
	for _, e := range elems {
		if e.GetName() == anyNode || e.GetName() == anyDepth {
			n++
		}
	}
	return n
}

// walker follows path elements through the schema.
type walker struct {
	root   *schema.Node
	origin *schema.Module // the top-level nodes' module; nil: any
}

func (w walker) walk(elems []*gpb.PathElem, unknown codes.Code) ([]selector, error) {
	at := []selector{{}}
	for i, e := range elems {
		next, err := w.step(at, e)
		if err == nil && len(next) > maxSelectors {
			err = status.Errorf(codes.InvalidArgument, "it matches more than %d nodes of the schema", maxSelectors)
		}
		if err == nil && len(next) == 0 {
			err = status.Error(unknown, w.absent(at, e))
		}
		if err != nil {
			return nil, status.Errorf(status.Code(err), "path %s, element %d: %s", formatElems(elems), i+1, status.Convert(err).Message())
		}
		at = next
	}
	return w.ofOrigin(at), nil
}

// ofOrigin keeps what belongs to the origin.
func (w walker) ofOrigin(all []selector) []selector {
	if w.origin == nil {
		return all
	}
	if len(all) > 0 && len(all[0]) == 0 {
		all = w.children(nil, all[0]) // the rest is below
	}
	return slices.DeleteFunc(all, func(s selector) bool { return s[0].node.Module != w.origin })
}

// step returns the selectors that one more element leads to.
func (w walker) step(at []selector, e *gpb.PathElem) ([]selector, error) {
	switch e.GetName() {
	case "":
		return nil, status.Error(codes.InvalidArgument, "it has no name")
	case anyNode:
		return w.any(at, e), nil
	case anyDepth:
		if len(e.GetKey()) > 0 {
			return nil, status.Error(codes.InvalidArgument, "... cannot have keys")
		}
		return w.descendants(at), nil
	}
	return w.named(at, e)
}

// named follows a name. A selector whose node has no such child drops out; an
// element that fits no selector for its keys is an error.
func (w walker) named(at []selector, e *gpb.PathElem) (next []selector, err error) {
	for _, s := range at {
		n := w.child(s.end(w.root), e.GetName())
		if n == nil {
			continue
		}
		keys, kerr := parseKeys(n, e.GetKey())
		if kerr != nil {
			err = kerr
			continue
		}
		next = append(next, s.then(selStep{n, keys}))
	}
	if len(next) > 0 {
		err = nil
	}
	return next, err
}

// any follows to every child that can have the element's keys.
func (w walker) any(at []selector, e *gpb.PathElem) (next []selector) {
	for _, s := range at {
		next = w.children(next, s)
	}
	if len(e.GetKey()) == 0 {
		return next
	}
	kept := next[:0]
	for _, s := range next {
		last := &s[len(s)-1]
		if keys, err := parseKeys(last.node, e.GetKey()); err == nil {
			last.keys = keys
			kept = append(kept, s)
		}
	}
	return kept
}

// children appends the selectors of all children.
func (w walker) children(dst []selector, s selector) []selector {
	for _, n := range s.end(w.root).DataChildren {
		if n.IsData() {
			dst = append(dst, s.then(selStep{node: n, keys: make([]schema.Value, len(n.Keys))}))
		}
	}
	return dst
}

// descendants follows to the nodes themselves and everything below them, once.
func (w walker) descendants(at []selector) (next []selector) {
	seen := map[string]bool{}
	for _, s := range at {
		next = w.descend(next, s, seen)
	}
	return next
}

func (w walker) descend(next []selector, s selector, seen map[string]bool) []selector {
	if id := s.id(); len(next) <= maxSelectors && !seen[id] {
		seen[id] = true
		next = append(next, s)
		for _, c := range w.children(nil, s) {
			next = w.descend(next, c, seen)
		}
	}
	return next
}

// child returns the data node of that name, which may have its module before it.
func (w walker) child(n *schema.Node, name string) *schema.Node {
	module, local, qualified := cutModule(name)
	if !qualified && n == w.root && w.origin != nil {
		module = w.origin.Name
	}
	if c := n.Child(module, local); c != nil && c.IsData() {
		return c
	}
	return nil
}
