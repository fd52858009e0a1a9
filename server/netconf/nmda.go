package netconf

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// nmdaStores are the datastores of RFC 8342 that the server has. Nothing works
// out running before it is used, so intended is the same.
var nmdaStores = []nmdaDatastore{
	{nsDatastores, "running", datastore.Running, true, true},
	{nsDatastores, "candidate", datastore.Candidate, true, true},
	{nsDatastores, "intended", datastore.Running, true, false},
	{nsDatastores, "operational", 0, false, false},
	{nsFactory, "factory-default", 0, true, false},
}

// nmdaDatastore is a datastore by the identity that names it.
type nmdaDatastore struct {
	space, name string
	stored      datastore.Name // of configuration, unless it is that of the factory: see configOf
	config      bool           // else it is operational
	edits       bool
}

// configOf returns what a datastore of configuration holds.
func (s *Session) configOf(d nmdaDatastore) (*tree.Tree, error) {
	if d.space == nsFactory {
		return s.server.store.Factory()
	}
	return s.server.store.ConfigOf(s.id, d.stored), nil
}

// nmdaStore returns the index in nmdaStores of the datastore that e names.
func nmdaStore(e *xml.Element) (int, error) {
	prefix, local, ok := strings.Cut(e.TrimmedText(), ":")
	if !ok {
		prefix, local = "", prefix
	}
	space, bound := e.Resolve(prefix)
	for i, d := range nmdaStores {
		if d.name == local && bound && space == d.space {
			return i, nil
		}
	}
	return 0, notThisStore(e, "the server has running, candidate, intended and operational of "+nsDatastores+", and factory-default of "+nsFactory)
}

func notThisStore(e *xml.Element, why string) error {
	return protocolError(tagInvalidValue, fmt.Sprintf("%s is %q: %s", e.Name.Local, e.TrimmedText(), why), "bad-element", e.Name.Local)
}

// editable returns the datastore that e names, which must be one to edit.
func editable(e *xml.Element) (datastore.Name, error) {
	i, err := nmdaStore(e)
	if err == nil && !nmdaStores[i].edits {
		err = notThisStore(e, "it cannot be changed")
	}
	return nmdaStores[i].stored, err
}

// editData changes a datastore (RFC 8526 section 3.1.2).
func (s *Session) editData(ctx context.Context, p *params) (body, error) {
	e, err := p.require("datastore")
	if err != nil {
		return nil, err
	}
	var r datastore.Request
	if r.Target, err = editable(e); err != nil {
		return nil, err
	}
	if r.Default, err = oneOf(p, "default-operation", defaultOperations); err != nil {
		return nil, err
	}
	config, err := s.editContent(ctx, p)
	if err != nil {
		return nil, err
	}
	if r.Edit, err = xml.DecodeEdit(s.server.schema, config, xml.DecodeOptions{}); err != nil {
		return nil, err
	}
	return nil, s.server.store.Edit(ctx, s.actor(), r)
}

// dataRequest is what get-data asks for (RFC 8526 section 3.1.1).
type dataRequest struct {
	operational bool
	tree        *tree.Tree
	scope       tree.Scope
	mode        xml.Defaults
	origin      bool // with-origin
	filter      dataFilter
	part        part
}

// operationalDefaults are withDefaults for operational, where what is in use is
// shown unless the client asks otherwise (RFC 8342 section 5.3).
var operationalDefaults = []choice[xml.Defaults]{
	{"report-all", xml.ReportAll},
	{"explicit", xml.Explicit},
	{"report-all-tagged", xml.ReportAllTagged},
	{"trim", xml.Trim},
}

// getData reads a datastore (RFC 8526 section 3.1.1).
func (s *Session) getData(_ context.Context, p *params) (body, error) {
	r, err := s.dataRequest(p)
	if err != nil {
		return nil, err
	}
	as := reporting{mode: r.mode, scope: r.scope}
	if r.operational {
		as.marks = s.server.originMark("default")
	}
	t, err := r.filter(s.readable(r.tree), func(within *tree.Container) *tree.Tree {
		return s.readable(s.server.defaults.fill(r.tree, within, as))
	})
	if err != nil {
		return nil, err
	}
	root := t.Root()
	if r.operational {
		root = s.server.intendedAbove(root)
	}
	root = r.part.of(root)
	opt := xml.EncodeOptions{Origin: xml.OriginHidden}
	if r.origin {
		opt.Origin = xml.OriginShown
	}
	if r.mode == xml.Trim {
		opt.Defaults = r.mode
	}
	return func(b *bytes.Buffer) error {
		b.WriteString(`<data xmlns="` + nsNMDA + `">`)
		if err := xml.Encode(b, root, opt); err != nil {
			return err
		}
		b.WriteString("</data>")
		return nil
	}, nil
}

func (s *Session) dataRequest(p *params) (r dataRequest, err error) {
	e, err := p.require("datastore")
	if err != nil {
		return r, err
	}
	i, err := nmdaStore(e)
	if err != nil {
		return r, err
	}
	modes := withDefaults
	if d := nmdaStores[i]; d.config {
		r.scope = tree.ConfigOnly
		r.tree, err = s.configOf(d)
	} else if r.tree, err = s.server.operational(); err == nil {
		r.operational, r.scope, modes = true, tree.ConfigAndState, operationalDefaults
	}
	if err != nil {
		return r, err
	}
	if r.mode, err = oneOf(p, "with-defaults", modes); err != nil {
		return r, err
	}
	depth, err := depthOf(p)
	if err != nil {
		return r, err
	}
	if r.filter, err = s.selectionOf(p, depth); err != nil {
		return r, err
	}
	if r.part, err = s.partOf(p); err != nil {
		return r, err
	}
	r.origin = p.get("with-origin") != nil
	for _, name := range []string{"with-origin", "origin-filter", "negated-origin-filter"} {
		if p.get(name) != nil && !r.operational {
			return r, protocolError(tagInvalidValue, name+" is for the datastore operational", "bad-element", name)
		}
	}
	return r, nil
}

// depthOf returns 0 for unbounded.
func depthOf(p *params) (int, error) {
	text, err := p.text("max-depth", "unbounded")
	if err != nil || text == "unbounded" {
		return 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, protocolError(tagInvalidValue, fmt.Sprintf("max-depth is %q, it can be 1 to 65535 or unbounded", text), "bad-element", "max-depth")
	}
	return int(n), nil
}

// originMark returns the annotation origin with that identity of ietf-origin.
func (s *Server) originMark(name string) []tree.Annotation {
	origin := s.schema.Annotation("ietf-origin", "origin")
	if origin == nil {
		return nil
	}
	v, err := origin.Type.Parse(schema.Lexical{Text: "ietf-origin:" + name, Form: schema.Canonical, Module: origin.Module})
	if err != nil {
		panic("netconf: the module ietf-origin has no identity " + name) // It is restated whole.
	}
	return []tree.Annotation{{Schema: origin, Value: v}}
}

// intendedAbove marks the top-level configuration of operational, all of which
// comes from intended; what nobody set is marked for itself.
func (s *Server) intendedAbove(root *tree.Container) *tree.Container {
	mark := s.originMark("intended")
	var kids []tree.Node
	for k := range root.Children() {
		if k.Schema().Config && mark != nil {
			k = marked(k, mark)
		}
		kids = append(kids, k)
	}
	return tree.NewContainer(root.Schema(), kids)
}

// marked adds annotations to a node, to each entry of a list or leaf-list.
func marked(n tree.Node, marks []tree.Annotation) tree.Node {
	switch x := n.(type) {
	case *tree.List:
		var entries []*tree.Container
		for e := range x.All() {
			entries = append(entries, marked(e, marks).(*tree.Container))
		}
		return tree.NewList(x.Schema(), entries)
	case *tree.LeafList:
		var leafs []*tree.Leaf
		for l := range x.All() {
			leafs = append(leafs, marked(l, marks).(*tree.Leaf))
		}
		return tree.LeafListOf(x.Schema(), leafs)
	}
	return tree.WithMeta(n, append(tree.Meta(n), marks...))
}
