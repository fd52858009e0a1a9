package gnmi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
)

// parseKeys returns the keys wanted of n, in key order; those that are missing
// or "*" want any. The error is a status with INVALID_ARGUMENT.
func parseKeys(n *schema.Node, given map[string]string) ([]schema.Value, error) {
	if n.Kind != schema.List {
		if len(given) > 0 {
			return nil, status.Errorf(codes.InvalidArgument, "%s is not a list and has no keys", n.Name)
		}
		return nil, nil
	}
	keys := make([]schema.Value, len(n.Keys))
	for name, text := range given {
		module, local, _ := cutModule(name)
		k := n.Child(module, local)
		if k == nil || !k.IsKey() {
			return nil, status.Errorf(codes.InvalidArgument, "list %s has no key %q; its keys are %s", n.Name, name, keyNames(n))
		}
		if text == anyNode {
			continue
		}
		v, err := k.ParseValue(text)
		if err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "key %s of list %s: %s", local, n.Name, err)
		}
		keys[k.Index] = v
	}
	return keys, nil
}

func keyNames(n *schema.Node) string {
	names := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		names[i] = k.Name
	}
	return strings.Join(names, ", ")
}

// cutModule splits "module:name".
func cutModule(name string) (module, local string, qualified bool) {
	if module, local, ok := strings.Cut(name, ":"); ok {
		return module, local, true
	}
	return "", name, false
}

// absent says that no node has the element's name, and which names there are.
func (w walker) absent(at []selector, e *gpb.PathElem) string {
	message := fmt.Sprintf("there is no node %.80q", e.GetName())
	if len(at) != 1 {
		return message
	}
	n := at[0].end(w.root)
	var names []string
	for _, c := range n.DataChildren {
		if c.IsData() && (n != w.root || w.origin == nil || c.Module == w.origin) {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("%s; %s has no children", message, n.Path())
	}
	const most = 20
	if len(names) > most {
		names = append(names[:most:most], "...")
	}
	return fmt.Sprintf("%s at %s; there are %s", message, n.Path(), strings.Join(names, ", "))
}

// formatElems writes path elements as people do.
func formatElems(elems []*gpb.PathElem) string {
	if len(elems) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, e := range elems {
		b.WriteString("/" + e.GetName())
		for _, k := range slices.Sorted(maps.Keys(e.GetKey())) {
			fmt.Fprintf(&b, "[%s=%s]", k, e.GetKey()[k])
		}
	}
	const most = 400
	if s := b.String(); len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return b.String()
}
