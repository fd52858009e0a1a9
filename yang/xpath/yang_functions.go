package xpath

import (
	"fmt"
	"math"
	"strings"

	"github.com/optical-net/waveguard/yang/xsdre"
)

// identityRef is an identity whose prefix has been resolved.
type identityRef struct{ module, name string }

func fnCurrent(f *focus, _ *invocation) []Node { return []Node{f.run.current} }

// bindPattern compiles the pattern of re-match if it is a literal.
func bindPattern(c *invocation) (err error) {
	if pattern, ok := c.literalArg(1); ok {
		c.pattern, err = xsdre.Compile(pattern)
	}
	return err
}

func fnReMatch(f *focus, c *invocation) value {
	re := c.pattern
	if re == nil {
		var err error
		if re, err = xsdre.Compile(c.text(f, 1)); err != nil {
			f.run.fail(fmt.Errorf("re-match: %w", err))
			return false
		}
	}
	return re.MatchString(c.text(f, 0))
}

// fnDeref follows the first node of its argument (RFC 7950 section 10.3.1).
func fnDeref(f *focus, c *invocation) []Node {
	leaf, ok := firstNode(c.set(), f).(Typed)
	if !ok {
		return nil
	}
	targets, err := leaf.Deref()
	if err != nil {
		f.run.fail(fmt.Errorf("deref: %w", err))
		return nil
	}
	var nodes []Node
	for _, n := range targets {
		if n != nil && f.run.visit() {
			nodes = append(nodes, n)
		}
	}
	return sortNodes(nodes)
}

// bindIdentity resolves the identity of derived-from if it is a literal.
func bindIdentity(c *invocation) (err error) {
	if name, ok := c.literalArg(1); ok {
		c.identity, err = resolveIdentity(name, c.resolve)
	}
	return err
}

func resolveIdentity(qname string, resolve Resolver) (*identityRef, error) {
	prefix, name, qualified := strings.Cut(qname, ":")
	if !qualified {
		prefix, name = "", qname
	}
	if name == "" || nameLen(name) != len(name) || nameLen(prefix) != len(prefix) || qualified && prefix == "" {
		return nil, fmt.Errorf("%q does not name an identity", qname)
	}
	module, err := resolve(prefix)
	if err != nil {
		return nil, err
	}
	return &identityRef{module: module, name: name}, nil
}

func fnDerivedFrom(f *focus, c *invocation) value { return anyDerived(f, c, false) }

func fnDerivedFromOrSelf(f *focus, c *invocation) value { return anyDerived(f, c, true) }

func anyDerived(f *focus, c *invocation, orSelf bool) bool {
	id := c.identity
	if id == nil {
		var err error
		if id, err = resolveIdentity(c.text(f, 1), c.resolve); err != nil {
			f.run.fail(fmt.Errorf("%s: %w", c.fn.name, err))
			return false
		}
	}
	return anyNode(c.set(), f, func(n Node) bool {
		leaf, ok := n.(Typed)
		return ok && leaf.DerivedFrom(id.module, id.name, orSelf)
	})
}

func fnEnumValue(f *focus, c *invocation) value {
	if leaf, ok := firstNode(c.set(), f).(Typed); ok {
		if v, ok := leaf.EnumValue(); ok {
			return float64(v)
		}
	}
	return math.NaN()
}

func fnBitIsSet(f *focus, c *invocation) value {
	leaf, ok := firstNode(c.set(), f).(Typed)
	return ok && leaf.BitSet(c.text(f, 1))
}
