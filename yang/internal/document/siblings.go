package document

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Siblings checks that the nodes side by side in a document may stand there
// together. It serves one parent instance.
type Siblings struct {
	// Expect is about how many nodes there will be; 0 is fine too.
	Expect int

	first   uint64   // bitmap over the parent's first 64 DataChildren
	rest    []uint64 // over the others
	entries map[*schema.Node]map[string]struct{}
	cases   map[*schema.Node]*schema.Node // the case chosen, by choice
}

// Add notes one more node. Its error, nil when all is well, lacks the path.
func (s *Siblings) Add(ed *tree.Edit) *tree.Error {
	if err := s.once(ed); err != nil {
		return err
	}
	if ed.Operation == tree.Delete || ed.Operation == tree.Remove {
		return nil
	}
	return s.choose(ed.Schema)
}

// Once notes a node of which there may be one.
func (s *Siblings) Once(n *schema.Node) *tree.Error {
	word, bit := s.word(n), uint64(1)<<(n.Index%64)
	if *word&bit != 0 {
		return duplicate(n)
	}
	*word |= bit
	return nil
}

func (s *Siblings) word(n *schema.Node) *uint64 {
	i := n.Index / 64
	if i == 0 {
		return &s.first
	}
	if s.rest == nil {
		s.rest = make([]uint64, (len(n.DataParent.DataChildren)-1)/64)
	}
	return &s.rest[i-1]
}

func (s *Siblings) once(ed *tree.Edit) *tree.Error {
	switch ed.Schema.Kind {
	case schema.List:
		return s.distinct(ed.Schema, ed.Keys)
	case schema.LeafList:
		if !ed.Schema.Config || ed.Valueless {
			return nil
		}
		return s.distinct(ed.Schema, []schema.Value{ed.Value})
	}
	return s.Once(ed.Schema)
}

// distinct notes an entry with the given identity; keyless ones may repeat.
func (s *Siblings) distinct(n *schema.Node, keys []schema.Value) *tree.Error {
	if len(keys) == 0 {
		return nil
	}
	var buf [96]byte
	id := buf[:0]
	for _, k := range keys {
		id = k.AppendKey(id)
	}
	known := s.entries[n]
	if known == nil {
		if s.entries == nil {
			s.entries = map[*schema.Node]map[string]struct{}{}
		}
		known = make(map[string]struct{}, s.Expect)
		s.entries[n] = known
	}
	if _, twice := known[string(id)]; twice {
		return duplicate(n)
	}
	known[string(id)] = struct{}{}
	return nil
}

func duplicate(n *schema.Node) *tree.Error {
	return &tree.Error{
		Tag: tree.TagBadElement, Info: [][2]string{{"bad-element", n.Name}},
		Message: fmt.Sprintf("%q stands twice in one document; send it once", n.Name),
	}
}

// choose refuses nodes of different cases of one choice (RFC 7950 section 8.3.1).
func (s *Siblings) choose(n *schema.Node) *tree.Error {
	for x := n.Parent; x != nil && (x.Kind == schema.Case || x.Kind == schema.Choice); x = x.Parent {
		if x.Kind != schema.Case {
			continue
		}
		chosen, known := s.cases[x.Parent]
		if known && chosen != x {
			return &tree.Error{
				Tag: tree.TagBadElement, Info: [][2]string{{"bad-element", n.Name}},
				Message: fmt.Sprintf("%q belongs to the case %q, but the document also has nodes of the case %q; choose one", n.Name, x.Name, chosen.Name),
			}
		}
		if s.cases == nil {
			s.cases = map[*schema.Node]*schema.Node{}
		}
		s.cases[x.Parent] = x
	}
	return nil
}
