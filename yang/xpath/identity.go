package xpath

// namedIdentity returns the identity that a string literal names by the
// prefixes of the expression, nil when it names none.
//
// RFC 7950 section 9.10.3 gives identityrefs no canonical form, and modules of
// YANG version 1 compare them with literals that use a prefix of theirs or,
// for an identity of their own, none.
func namedIdentity(e expr, resolve Resolver) *identityRef {
	l, ok := e.(*literal)
	if !ok {
		return nil
	}
	text, ok := l.val.(string)
	if !ok {
		return nil
	}
	id, err := resolveIdentity(text, resolve)
	if err != nil || id.module == "" {
		return nil
	}
	return id
}

// is says whether n is an identityref whose value is that very identity.
func (id *identityRef) is(n Node) bool {
	if id == nil {
		return false
	}
	leaf, ok := n.(Typed)
	return ok && n.Value() == id.module+":"+id.name && leaf.DerivedFrom(id.module, id.name, true)
}
