package netconf

import (
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// eventFilter says whether a notification is wanted. RFC 5277 section 3.6: one
// of which the filter selects anything is sent whole.
type eventFilter interface{ selects(*tree.Container) bool }

// everything is the filter of a subscription that has none.
type everything struct{}

func (everything) selects(*tree.Container) bool { return true }

type subtreeEvents struct{ *subtree.Filter }

func (f subtreeEvents) selects(event *tree.Container) bool { return f.Select(event) != nil }

// xpathEvents is an expression over a document of which the notification is the
// one child; it selects as its boolean value says.
type xpathEvents struct {
	*xpath.Expr
	empty *tree.Tree
}

// eventVisits bounds the nodes that an expression visits in one notification.
const eventVisits = 1 << 20

func (f xpathEvents) selects(event *tree.Container) bool {
	root := tree.OperationCursor(f.empty, nil, event).Parent()
	yes, err := f.Bool(xpath.Context{Node: root, MaxVisits: eventVisits})
	return err == nil && yes
}

// eventFilter reads the filter of a subscription, which may be absent.
func (s *Session) eventFilter(p *params) (eventFilter, error) {
	f := p.get("filter")
	if f == nil {
		return everything{}, nil
	}
	if kind, _ := filterAttr(f, "type"); kind == "xpath" {
		expr, err := s.expression(f)
		return xpathEvents{expr, tree.New(s.server.schema)}, err
	}
	filter, err := s.subtreeFilter(f)
	return subtreeEvents{filter}, err
}
