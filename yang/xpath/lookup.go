package xpath

import "slices"

// keyTest is a predicate, or one operand of its and, of the form key = value,
// where value doesn't depend on the entry that is tested.
type keyTest struct {
	pred  int    // index of the predicate
	key   string // local name of the key leaf, "." for a leaf-list's value
	value expr   // a string or a node-set
	// identity says that value may name an identity, in another way than a key
	// that is an identityref does.
	identity bool
}

// findKeys returns the key tests of a child step's leading predicates, up to
// the first predicate that is something else.
func findKeys(s *step) []keyTest {
	if s.axis != Child || s.test.kind != testName || s.test.local == "" {
		return nil
	}
	var keys []keyTest
	for i := range s.preds {
		tests := keyTests(s.preds[i].e, s.test.module)
		if tests == nil {
			break
		}
		for _, t := range tests {
			t.pred = i
			keys = append(keys, t)
		}
	}
	return keys
}

// keyTests returns nil unless all of e is key tests.
func keyTests(e expr, module string) []keyTest {
	switch e := e.(type) {
	case *logical:
		return conjunction(e, module)
	case *comparison:
		if e.op != opEqual {
			return nil
		}
		if key := keyName(e.left, module); key != "" && pins(e.right) {
			return []keyTest{{key: key, value: e.right, identity: e.identity != nil}}
		}
		if key := keyName(e.right, module); key != "" && pins(e.left) {
			return []keyTest{{key: key, value: e.left, identity: e.identity != nil}}
		}
	}
	return nil
}

func conjunction(l *logical, module string) []keyTest {
	if l.op != opAnd {
		return nil
	}
	var all []keyTest
	for _, a := range l.args {
		tests := keyTests(a, module)
		if tests == nil {
			return nil
		}
		all = append(all, tests...)
	}
	return all
}

// keyName returns the name of the child that e selects, which must be of the
// list's module, as keys are; "." for the context node; else "".
func keyName(e expr, module string) string {
	p, ok := e.(*path)
	if !ok || p.absolute || p.start != nil || len(p.plan) > 1 {
		return ""
	}
	if len(p.plan) == 0 {
		return "."
	}
	s := &p.plan[0]
	if s.axis != Child || s.test.kind != testName || len(s.preds) > 0 {
		return ""
	}
	if s.test.module != "" && s.test.module != module {
		return ""
	}
	return s.test.local
}

// pins tells whether e is compared as a string and is the same for all
// entries. A number is not: "07" equals 7.
func pins(e expr) bool {
	if s, ok := e.(scalarExpr); ok && s.static() != textType {
		return false
	}
	return e.uses() == 0
}

// lookup answers the step by Node.Lookup. done is false if the caller must scan.
func (s *step) lookup(r *run, n Node, yield func(Node) bool) (done, more bool) {
	if len(s.keys) == 0 {
		return false, true
	}
	if k := n.Kind(); k == Leaf || k == Text {
		return true, true
	}
	values, covered, none := s.keyValues(&focus{node: n, run: r})
	if none {
		return true, true
	}
	for ; covered > 0; covered-- {
		entry, ok := n.Lookup(s.test.module, s.test.local, s.keysOf(values, covered))
		if ok && (entry != nil || !s.namesIdentity(covered)) {
			return true, s.found(r, entry, covered, yield)
		}
	}
	return false, true
}

// keysOf returns the keys that the first covered predicates pin.
func (s *step) keysOf(values []string, covered int) map[string]string {
	keys := make(map[string]string, len(values))
	for i, v := range values {
		if s.keys[i].pred < covered {
			keys[s.keys[i].key] = v
		}
	}
	return keys
}

// namesIdentity says whether some key of the first covered predicates may be
// equal to its value without having the same text.
func (s *step) namesIdentity(covered int) bool {
	return slices.ContainsFunc(s.keys, func(k keyTest) bool { return k.pred < covered && k.identity })
}

// found applies the predicates that the lookup didn't cover.
func (s *step) found(r *run, entry Node, covered int, yield func(Node) bool) bool {
	if !r.visit() {
		return false
	}
	if entry == nil {
		return true
	}
	return eachOf(filterSized(r, []Node{entry}, s.preds[covered:]), yield)
}

// keyValues evaluates the key tests, in their order, of as many predicates as a
// lookup can cover; none means that a test holds for no entry at all.
func (s *step) keyValues(f *focus) (values []string, covered int, none bool) {
	for i, k := range s.keys {
		texts := pinnedTexts(k.value, f)
		if len(texts) == 0 {
			return nil, 0, true
		}
		if len(texts) > 1 || s.repeatsKey(i) {
			return values, k.pred, false
		}
		values = append(values, texts[0])
	}
	return values, s.keys[len(s.keys)-1].pred + 1, false
}

func pinnedTexts(e expr, f *focus) []string {
	if set, ok := e.(nodeExpr); ok {
		return distinctTexts(set, f)
	}
	return []string{evalText(e, f)}
}

func (s *step) repeatsKey(i int) bool {
	return slices.ContainsFunc(s.keys[:i], func(k keyTest) bool { return k.key == s.keys[i].key })
}
