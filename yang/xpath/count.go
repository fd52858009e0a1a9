package xpath

// children is a node-set that is known to be the children of one name of the
// nodes of another.
type children struct {
	of   *path
	name nodeTest
}

// bindCount finds out whether the argument of count is a set of children, which
// their parents can count.
func bindCount(c *invocation) error {
	p, ok := c.args[0].(*path)
	if !ok || len(p.steps) == 0 {
		return nil
	}
	above, last := p.steps[:len(p.steps)-1], &p.steps[len(p.steps)-1]
	if !plainChild(last) || last.test.module == "" || len(last.preds) > 0 || len(above) > 0 && above[len(above)-1].isDescent() {
		return nil
	}
	c.counted = &children{newPath(p.start, p.absolute, above), last.test}
	return nil
}

func fnCount(f *focus, c *invocation) value {
	if c.counted != nil {
		if n, ok := c.counted.count(f); ok {
			return float64(n)
		}
	}
	return float64(distinctCount(c.set(), f))
}

// count adds up what the parents know; ok is false when one does not.
func (c *children) count(f *focus) (total int, ok bool) {
	for _, n := range sortedNodes(c.of, f) {
		s, sized := n.(Sized)
		if !sized || !f.run.visit() {
			return 0, false
		}
		if n.Kind() == Leaf {
			continue
		}
		count, known := s.Size(c.name.module, c.name.local)
		if !known {
			return 0, false
		}
		total += count
	}
	return total, true
}
