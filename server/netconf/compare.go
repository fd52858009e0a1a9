package netconf

import (
	"bytes"
	"context"
	"strconv"

	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// comparison is what compare is asked for (RFC 9144 section 4).
type comparison struct {
	source, target compared
	part           part // of both that counts
	filtered       bool
	origin         bool // report-origin
}

// compared is one side of a comparison: what of a datastore the user can read and
// the filter selects.
type compared struct {
	name        string
	operational bool
	tree        *tree.Tree
}

// compare tells the difference between two datastores. Values are compared as they
// were set: a default in use is the same on both sides, whether operational shows it
// or not.
func (s *Session) compare(_ context.Context, p *params) (body, error) {
	output := outputOf(s.server.schema.RPC(nsCompare, "compare"))
	if output == nil {
		return nil, protocolError(tagOperationNotSupported, "this server has no ietf-nmda-compare")
	}
	c, err := s.comparison(p)
	if err != nil {
		return nil, err
	}
	edits := c.edits(s.server.originMark("intended"))
	if len(edits) == 0 && c.filtered && c.nothing() {
		return compareReply(output, func(n *nodes) { n.empty("no-matches") }), nil
	}
	opt := patch.Options{Source: true, Origin: xml.OriginHidden}
	if c.origin {
		opt.Origin = xml.OriginShown
	}
	id := c.source.name + "-to-" + c.target.name
	return compareReply(output, func(n *nodes) {
		d := n.below("differences")
		d.add(patch.Encode(d.of.Child("", "yang-patch"), &patch.Patch{ID: id, Edits: edits}, opt))
		n.add(d.container())
	}), nil
}

// outputOf returns the output of an rpc; nil when there is none.
func outputOf(rpc *schema.Node) *schema.Node {
	if rpc == nil {
		return nil
	}
	return rpc.Output()
}

func compareReply(output *schema.Node, fill func(*nodes)) body {
	n := &nodes{of: output}
	fill(n)
	return func(b *bytes.Buffer) error { return xml.Encode(b, n.container(), xml.EncodeOptions{}) }
}

func (s *Session) comparison(p *params) (c comparison, err error) {
	filter, err := s.selectionOf(p, 0)
	if err != nil {
		return c, err
	}
	if c.source, err = s.compared(p, "source", filter); err != nil {
		return c, err
	}
	if c.target, err = s.compared(p, "target", filter); err != nil {
		return c, err
	}
	c.filtered = p.get("subtree-filter") != nil || p.get("xpath-filter") != nil
	c.origin = p.get("report-origin") != nil
	// RFC 9144 section 4.1: what can be in one of the two alone does not count,
	// unless all is asked for.
	c.part = part{config: true, state: c.source.operational == c.target.operational || p.get("all") != nil}
	return c, nil
}

func (s *Session) compared(p *params, name string, filter dataFilter) (c compared, err error) {
	e, err := p.require(name)
	if err != nil {
		return c, err
	}
	i, err := nmdaStore(e)
	if err != nil {
		return c, err
	}
	c.name = nmdaStores[i].name
	if nmdaStores[i].config {
		c.tree, err = s.configOf(nmdaStores[i])
	} else {
		c.tree, err = s.server.operational()
	}
	if err != nil {
		return c, err
	}
	c.operational = !nmdaStores[i].config
	whole := s.readable(c.tree)
	c.tree, err = filter(whole, func(*tree.Container) *tree.Tree { return whole })
	return c, err
}

// edits returns what leads from source to target. What only one of them can have is
// taken out afterwards, so that the cost is that of the difference.
func (c *comparison) edits(intended []tree.Annotation) []patch.Edit {
	var kept []patch.Edit
	for _, ed := range patch.Between(c.source.tree, c.target.tree) {
		if !c.counts(&ed) {
			continue
		}
		ed.Source = c.source.told(ed.Source, intended)
		ed.Value = c.target.told(ed.Value, intended)
		ed.ID = strconv.Itoa(len(kept) + 1)
		kept = append(kept, ed)
	}
	return kept
}

// counts leaves in the edit what counts, and says whether anything does.
func (c *comparison) counts(ed *patch.Edit) bool {
	if c.part.state {
		return true
	}
	if ed.Source != nil {
		ed.Source = c.part.node(ed.Source, nil)
	}
	if ed.Value != nil {
		ed.Value = c.part.node(ed.Value, nil)
	}
	return ed.Source != nil || ed.Value != nil
}

// told adds to a value where it comes from, if it comes from operational.
func (c *compared) told(n tree.Node, intended []tree.Annotation) tree.Node {
	if n == nil || !c.operational || !n.Schema().Config || tree.OwnOrigin(n) != nil {
		return n
	}
	return marked(n, intended)
}

// nothing says whether there is nothing that counts in either datastore.
func (c *comparison) nothing() bool {
	return c.part.of(c.source.tree.Root()).Len() == 0 && c.part.of(c.target.tree.Root()).Len() == 0
}
