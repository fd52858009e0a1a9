package push

import (
	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// discreet returns a notification's content as the user may know it: of a change
// of the configuration, only the edits of what can be read. RFC 6470 section 2.2
// lets a server tell less of an edit than it knows.
func (r *Receiver) discreet(content *tree.Container) *tree.Container {
	if !tellsEdits(content.Schema()) {
		return content
	}
	edit := content.Schema().Child("", "edit")
	edits, ok := content.Child(edit).(*tree.List)
	if !ok {
		return content
	}
	var told []*tree.Container
	for e := range edits.All() {
		if r.mayKnow(e) {
			told = append(told, e)
		}
	}
	if len(told) == edits.Len() {
		return content
	}
	kids := []tree.Node{tree.NewList(edit, told)}
	for k := range content.Children() {
		if k.Schema() != edit {
			kids = append(kids, k)
		}
	}
	return tree.NewContainer(content.Schema(), kids)
}

// tellsEdits says whether a notification is one of those that tell a change of the configuration.
func tellsEdits(n *schema.Node) bool {
	return n.Name == "netconf-config-change" && n.Module.Name == "ietf-netconf-notifications" ||
		n.Name == "change-notification" && n.Module.Name == "mpk-security-notifications"
}

// mayKnow says whether the user may read the target of an edit. One that cannot
// be found any more is not told.
func (r *Receiver) mayKnow(edit *tree.Container) bool {
	target, ok := edit.Leaf("target")
	if !ok {
		return true
	}
	path, err := r.Schema.ParsePath(target.String())
	return err == nil && r.Access.Decide(r.user, access.Read, access.Target{Path: path}) == nil
}
