package xpath

import "strings"

// Rename returns the expression with each prefix replaced by what rename makes of
// it, and all else as it was written: it brings an expression from one binding of
// prefixes into another. Names without a prefix keep none. A string that may name
// an identity is renamed too if rename knows its prefix. Errors: those of Parse and
// of rename, but variables are read too: who evaluates the expression binds them.
func Rename(src string, rename func(prefix string) (string, error)) (string, error) {
	return rewrite(src, func(t token) (string, error) {
		if t.prefix == "" {
			return "", nil
		}
		p, err := rename(t.prefix)
		if err != nil && t.kind == tokenLiteral {
			return t.prefix, nil
		}
		return p, err
	})
}

// RenameNames is Rename, but strings stay as they are: what looks like an identity
// in them may be anything.
func RenameNames(src string, rename func(prefix string) (string, error)) (string, error) {
	return rewrite(src, func(t token) (string, error) {
		if t.prefix == "" || t.kind == tokenLiteral {
			return t.prefix, nil
		}
		return rename(t.prefix)
	})
}

// Inherit returns the expression with the prefix of the step before them put to
// the names of steps that have none: in JSON a name stands alone when its module is
// that of its parent (RFC 7951 section 6.11). Errors: those of Parse.
func Inherit(src string) (string, error) {
	var in inheritance
	return rewrite(src, func(t token) (string, error) { return in.prefix(t), nil })
}

// rewrite returns the expression with the prefixes that prefix gives its tokens;
// it is asked for every token, in turn, and "" leaves out a prefix.
func rewrite(src string, prefix func(token) (string, error)) (string, error) {
	p := &parser{src: src, variables: true, resolve: func(string) (string, error) { return "", nil }}
	if _, err := p.parse(); err != nil {
		return "", err
	}
	tokens, err := tokenize(src)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	from := 0
	for _, t := range tokens {
		t.qualifyLiteral()
		to, err := prefix(t)
		switch {
		case err != nil:
			return "", err
		case to == t.prefix:
			continue
		}
		out.WriteString(src[from:t.offset] + to)
		if from = t.offset + len(t.prefix); t.prefix == "" {
			out.WriteByte(':')
		}
	}
	return out.String() + src[from:], nil
}

// qualifyLiteral takes a string such as 'a:b' for a name with a prefix.
func (t *token) qualifyLiteral() {
	prefix, name, ok := strings.Cut(t.text, ":")
	if t.kind == tokenLiteral && ok && prefix != "" && nameLen(prefix) == len(prefix) && name != "" && nameLen(name) == len(name) {
		t.prefix, t.text, t.offset = prefix, name, t.offset+1
	}
}

// inheritance follows which prefix holds at each token.
type inheritance struct {
	step   string   // of the step before, in the path at hand
	around []string // of what the open brackets and parentheses stand behind
}

// prefix returns the prefix of a token, its own or an inherited one.
func (in *inheritance) prefix(t token) string {
	switch {
	case t.kind == tokenName && t.prefix != "":
		in.step = t.prefix
	case t.kind == tokenName && t.text != "*":
		return in.step
	case t.is(tokenPunct, "[") || t.is(tokenPunct, "("):
		in.around = append(in.around, in.step)
	case t.is(tokenPunct, "]") || t.is(tokenPunct, ")"):
		last := len(in.around) - 1
		in.step, in.around = in.around[last], in.around[:last]
	case t.is(tokenPunct, ","), t.kind == tokenOperator && t.text != "/" && t.text != "//":
		in.step = ""
		if n := len(in.around); n > 0 {
			in.step = in.around[n-1]
		}
	}
	return t.prefix
}
