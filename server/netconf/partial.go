package netconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

const nsPartialLock = "urn:ietf:params:xml:ns:netconf:partial-lock:1.0" // RFC 5717

// partialLock locks nodes of running for this session alone (RFC 5717 section 2.4.1).
func (s *Session) partialLock(ctx context.Context, p *params) (body, error) {
	if _, err := p.require("select"); err != nil {
		return nil, err
	}
	var selects []string
	var exprs []*xpath.Expr
	for _, e := range p.op.Children {
		expr, err := s.parseXPath("select", e.TrimmedText(), e)
		if err != nil {
			return nil, err
		}
		selects, exprs = append(selects, s.server.monitor.spoken(e)), append(exprs, expr)
	}
	lock, err := s.server.store.LockNodes(ctx, s.id, selects, func(running *tree.Tree) ([]tree.Path, error) {
		return selectedPaths(s.readable(running), exprs)
	})
	if err != nil {
		return nil, err
	}
	return func(b *bytes.Buffer) error {
		b.WriteString(`<lock-id xmlns="` + nsPartialLock + `">` + strconv.FormatUint(uint64(lock.ID), 10) + "</lock-id>")
		for _, node := range lock.Nodes {
			b.WriteString(`<locked-node xmlns="` + nsPartialLock + `"`)
			writePath(b, "locked-node", node)
		}
		return nil
	}, nil
}

// partialUnlock ends such a lock (RFC 5717 section 2.4.2).
func (s *Session) partialUnlock(ctx context.Context, p *params) (body, error) {
	if _, err := p.require("lock-id"); err != nil {
		return nil, err
	}
	text, err := p.text("lock-id", "")
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return nil, protocolError(tagInvalidValue, fmt.Sprintf("lock-id is %q, it must be the number of a lock", text), "bad-element", "lock-id")
	}
	return nil, s.server.store.UnlockNodes(ctx, s.id, uint32(id))
}

// selectedPaths returns the paths of the nodes that the expressions select in a
// configuration, each once. What the user may not read is not in it.
func selectedPaths(config *tree.Tree, exprs []*xpath.Expr) (paths []tree.Path, err error) {
	known := map[string]bool{}
	add := func(path tree.Path) {
		if text := path.String(); !known[text] && config.Find(path) != nil {
			known[text] = true
			paths = append(paths, path)
		}
	}
	for _, expr := range exprs {
		nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(config, tree.ConfigOnly), MaxVisits: maxVisits / len(exprs)})
		if err != nil {
			return nil, selectError(err)
		}
		for _, n := range nodes {
			if n.Kind() == xpath.Text {
				n = n.Parent()
			}
			if path := n.(*tree.Cursor).Path(); len(path) > 0 {
				add(path)
				continue
			}
			for k := range config.Root().Children() { // the root has no instance-identifier
				add(tree.Path{{Node: k.Schema()}})
			}
		}
	}
	if len(paths) == 0 {
		return nil, selectFault(tagOperationFailed, "no-matches", "select: there is no such node in running")
	}
	return paths, nil
}

func selectError(err error) error {
	switch {
	case errors.Is(err, xpath.ErrTooManyVisits):
		return protocolError(datastore.TagResourceDenied, "select: "+err.Error()+"; name the nodes wanted, and keys, instead of searching for them")
	case errors.Is(err, xpath.ErrNotNodeSet):
		return selectFault(tagInvalidValue, "not-a-node-set", "select: "+err.Error())
	}
	return protocolError(tagInvalidValue, "select: "+err.Error())
}

// selectFault is an error of RFC 5717 section 2.4.1 with its error-app-tag.
func selectFault(tag tree.Tag, appTag, message string) error {
	return &rpcError{layer: protocolLayer, fault: &tree.Error{Tag: tag, AppTag: appTag, Message: message}}
}

// partialLocks adds the locks of parts of running (RFC 6022 section 2.1.3).
func (m *monitor) partialLocks(datastore *nodes) {
	held := m.server.store.PartialLocks()
	if len(held) == 0 {
		return
	}
	locks := datastore.below("locks")
	locks.add(partialLockList(locks, held))
	datastore.add(locks.container())
}

func partialLockList(locks *nodes, held []datastore.PartialLock) *tree.List {
	return list(locks, "partial-lock", held, func(n *nodes, lock datastore.PartialLock) {
		n.number("lock-id", lock.ID)
		n.number("locked-by-session", lock.Session)
		n.time("locked-time", lock.Since)
		n.leafList("select", lock.Select)
		paths := make([]string, len(lock.Nodes))
		for i, node := range lock.Nodes {
			paths[i] = node.String()
		}
		n.leafList("locked-node", paths)
	})
}

// spoken returns a client's expression with the names of modules for its prefixes,
// or as it is if it cannot be said so.
func (m *monitor) spoken(e *xml.Element) string {
	locks := (&nodes{of: m.netconf}).below("datastores").below("datastore").below("locks")
	v, err := locks.below("partial-lock").of.Child("", "select").Type.Parse(schema.Lexical{
		Text: e.TrimmedText(), Form: schema.XML, Root: m.server.schema.Root,
		Prefix: func(prefix string) (*schema.Module, bool) {
			space, bound := e.Resolve(prefix)
			module := m.server.schema.ModuleByNamespace(space)
			return module, bound && module != nil
		},
	})
	if err != nil {
		return e.TrimmedText()
	}
	return v.String()
}
