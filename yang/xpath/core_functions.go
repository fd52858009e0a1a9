package xpath

import "math"

func fnLast(f *focus, _ *invocation) value     { return float64(f.size) }
func fnPosition(f *focus, _ *invocation) value { return float64(f.pos) }

// fnID selects nothing: YANG data has no DTD that declares an ID.
func fnID(*focus, *invocation) []Node { return nil }

func fnLocalName(f *focus, c *invocation) value {
	n := c.nodeOrContext(f)
	if n == nil {
		return ""
	}
	_, local := n.Name()
	return local
}

func fnNamespaceURI(f *focus, c *invocation) value {
	n := c.nodeOrContext(f)
	if n == nil {
		return ""
	}
	if ns, ok := n.(Namespaced); ok {
		return ns.Namespace()
	}
	module, _ := n.Name()
	return module
}

// fnName qualifies by module name, as RFC 7951 does: the data tree has no
// prefixes.
func fnName(f *focus, c *invocation) value {
	n := c.nodeOrContext(f)
	if n == nil {
		return ""
	}
	module, local := n.Name()
	if module == "" {
		return local
	}
	return module + ":" + local
}

func fnBoolean(f *focus, c *invocation) value { return evalBool(c.args[0], f) }
func fnNot(f *focus, c *invocation) value     { return !evalBool(c.args[0], f) }
func fnTrue(*focus, *invocation) value        { return true }
func fnFalse(*focus, *invocation) value       { return false }

func fnNumber(f *focus, c *invocation) value {
	if len(c.args) == 0 {
		return parseNumber(f.node.Value())
	}
	return c.number(f, 0)
}

func fnSum(f *focus, c *invocation) value {
	total := 0.0
	for _, n := range sortedNodes(c.set(), f) {
		total += parseNumber(n.Value())
	}
	return total
}

func fnFloor(f *focus, c *invocation) value   { return math.Floor(c.number(f, 0)) }
func fnCeiling(f *focus, c *invocation) value { return math.Ceil(c.number(f, 0)) }
func fnRound(f *focus, c *invocation) value   { return round(c.number(f, 0)) }

// round returns the closest integer, of two the one closer to +Inf, and keeps
// the sign of what rounds to zero (section 4.4).
func round(n float64) float64 {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return n
	}
	floor := math.Floor(n)
	if n-floor >= 0.5 {
		floor++
	}
	return math.Copysign(floor, n)
}
