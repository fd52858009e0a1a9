package gnmi

import (
	stdjson "encoding/json"
	"slices"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// editor turns the updates and replacements of one Set into edits of a root.
type editor struct {
	set      *schema.Set
	resolver resolver
}

// edit returns the edit that merges the update's value into the tree, or makes
// the node the value and nothing else. The error is a status.
func (e editor) edit(u *gpb.Update, op tree.Operation) (*tree.Edit, error) {
	path, err := e.target(u.GetPath())
	if err != nil {
		return nil, err
	}
	node := e.set.Root
	if len(path) > 0 {
		node = path.Schema()
	}
	edits, err := e.values(node, path, u.GetVal())
	if err == nil && len(edits) == 1 {
		err = checkKey(node, path, edits[0])
	}
	if err != nil {
		return nil, at(path, err)
	}
	if node.Kind == schema.Root {
		edits[0].Operation = op
		return edits[0], nil
	}
	if op == tree.Replace {
		edits = replacing(node, edits)
	}
	root := tree.NewEdit(e.set)
	parent := root.At(path[:len(path)-1])
	parent.Children = append(parent.Children, edits...)
	return root, nil
}

// at puts the path before a message that lacks it.
func at(path tree.Path, err error) error {
	if st, ok := status.FromError(err); ok {
		return status.Errorf(st.Code(), "%s: %s", pathText(path), st.Message())
	}
	return toStatus(err)
}

func pathText(path tree.Path) string {
	if len(path) == 0 {
		return "/"
	}
	return path.String()
}

// replacing makes edits of a node's value replace what the node was. Those of a
// leaf-list, one for each value, follow one that removes all.
func replacing(node *schema.Node, edits []*tree.Edit) []*tree.Edit {
	if node.Kind == schema.LeafList {
		return slices.Insert(edits, 0, &tree.Edit{Schema: node, Operation: tree.Remove, Valueless: true})
	}
	for _, ed := range edits {
		ed.Operation = tree.Replace
	}
	return edits
}

// target returns the one configuration node that the path of an update names.
func (e editor) target(path *gpb.Path) (tree.Path, error) {
	all, err := e.resolver.resolve(path)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 || e.resolver.wild(path) {
		return nil, status.Errorf(codes.InvalidArgument, "path %s: wildcards are not for update and replace; name one node",
			formatElems(e.resolver.elems(path)))
	}
	for _, step := range all[0] {
		if !step.exact() {
			return nil, inexact(all[0], step)
		}
	}
	if n := all[0].end(e.set.Root); n.Kind != schema.Root && !n.Config {
		return nil, status.Errorf(codes.InvalidArgument, "%s is state, which cannot be configured", n.Path())
	}
	return all[0].path(), nil
}

// inexact says which keys a step needs (gNMI specification section 3.4.5).
func inexact(s selector, step selStep) error {
	if step.node == s.end(nil) {
		return status.Errorf(codes.InvalidArgument, "%s: give all keys (%s) to change one entry, or the path of the container around the list to change them all",
			step.node.Path(), keyNames(step.node))
	}
	return status.Errorf(codes.InvalidArgument, "%s: give all keys: %s", step.node.Path(), keyNames(step.node))
}

// values returns the edits that give the node at path the value: one, or for a
// leaf-list one for each entry.
func (e editor) values(node *schema.Node, path tree.Path, v *gpb.TypedValue) ([]*tree.Edit, error) {
	switch x := v.GetValue().(type) {
	case *gpb.TypedValue_JsonIetfVal:
		return e.document(node, path, x.JsonIetfVal)
	case *gpb.TypedValue_JsonVal:
		qualified, err := qualify(node, x.JsonVal)
		if err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "the value is not JSON: %v", err)
		}
		return e.document(node, path, qualified)
	case *gpb.TypedValue_LeaflistVal:
		return leafList(node, x.LeaflistVal.GetElement())
	}
	if node.Kind == schema.LeafList {
		return leafList(node, []*gpb.TypedValue{v})
	}
	if node.Kind != schema.Leaf && v.GetValue() != nil {
		return nil, status.Errorf(codes.InvalidArgument, "a %s takes a JSON object in json_ietf_val or json_val", kindOf(node))
	}
	value, err := parseScalar(node, v)
	return []*tree.Edit{{Schema: node, Value: value}}, err
}

// checkKey refuses to give a key another value than the path has for it (gNMI
// specification section 3.4.5).
func checkKey(node *schema.Node, path tree.Path, ed *tree.Edit) error {
	if !node.IsKey() {
		return nil
	}
	if want := path[len(path)-2].Keys[node.Index]; want.String() != ed.Value.String() {
		return status.Errorf(codes.InvalidArgument, "the key is %q in the path and cannot become %q; delete the entry and make another", want, ed.Value)
	}
	return nil
}

func kindOf(n *schema.Node) string {
	switch n.Kind {
	case schema.List:
		return "list entry"
	case schema.Root:
		return "whole configuration"
	case schema.Container:
		return "container"
	}
	return "node of this kind"
}

func leafList(node *schema.Node, all []*gpb.TypedValue) ([]*tree.Edit, error) {
	if node.Kind != schema.LeafList {
		return nil, status.Error(codes.InvalidArgument, "leaflist_val is for leaf-lists")
	}
	edits := make([]*tree.Edit, len(all))
	for i, v := range all {
		value, err := parseScalar(node, v)
		if err != nil {
			return nil, err
		}
		edits[i] = &tree.Edit{Schema: node, Value: value}
	}
	return edits, nil
}

// document reads a value in RFC 7951's JSON.
func (e editor) document(node *schema.Node, path tree.Path, data []byte) ([]*tree.Edit, error) {
	edits, err := json.DecodeNode(e.set, node, data, json.DecodeOptions{At: path})
	if err != nil {
		return nil, err
	}
	if node.Kind == schema.List && len(edits[0].Children) == 0 && isEmpty(data) {
		// gNMI specification section 3.4.4: that would leave an entry without keys.
		return nil, status.Error(codes.InvalidArgument, "{} is no list entry; send its content, or delete the entry")
	}
	return edits, nil
}

// isEmpty says whether an object has no members.
func isEmpty(object []byte) bool {
	var members map[string]stdjson.RawMessage
	return stdjson.Unmarshal(object, &members) == nil && len(members) == 0
}
