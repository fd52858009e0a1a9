package xsdre

// class parses a class whose opening bracket has been taken.
func (p *parser) class() (runeSet, error) {
	start := p.pos
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	negated := p.accept("^")
	var set runeSet
	for first := p.pos; ; {
		switch {
		case p.done():
			p.pos = start
			return nil, p.errorf("bracket is never closed")
		case p.peek() == ']' && p.pos == first:
			return nil, p.errorf("class is empty")
		case p.accept("]"):
			return negate(set, negated), nil
		case p.pos > first && p.accept("-["):
			return p.subtract(negate(set, negated))
		}
		item, err := p.classItem()
		if err != nil {
			return nil, err
		}
		set = set.union(item)
	}
}

func negate(set runeSet, negated bool) runeSet {
	if negated {
		return set.complement()
	}
	return set
}

// subtract parses what follows "-[" in a class.
func (p *parser) subtract(from runeSet) (runeSet, error) {
	set, err := p.class()
	if err != nil {
		return nil, err
	}
	if !p.accept("]") {
		return nil, p.errorf("a subtraction must end its class")
	}
	return from.minus(set), nil
}

// classItem parses a range, a character or an escape.
func (p *parser) classItem() (runeSet, error) {
	low, isChar, err := p.classChar()
	if err != nil || !isChar || !p.startsRange() {
		return low, err
	}
	p.accept("-")
	high, isChar, err := p.classChar()
	switch {
	case err != nil:
		return nil, err
	case !isChar:
		return nil, p.errorf("a range can't end in a class")
	case high[0].lo < low[0].lo:
		return nil, p.errorf("range ends before it starts")
	}
	return runeSet{{low[0].lo, high[0].lo}}, nil
}

// startsRange tells whether the next character is a hyphen that isn't the last
// of the class, nor the start of a subtraction.
func (p *parser) startsRange() bool {
	rest := p.src[p.pos:]
	return len(rest) > 1 && rest[0] == '-' && rest[1] != ']' && rest[1] != '['
}

// classChar parses a character; isChar is false for an escape that stands for
// many.
func (p *parser) classChar() (set runeSet, isChar bool, err error) {
	switch {
	case p.done():
		return nil, false, p.errorf("bracket is never closed")
	case p.accept(`\`):
		return p.escape()
	case len(p.src) > p.pos+1 && p.src[p.pos:p.pos+2] == "[:":
		return nil, false, p.errorf(`POSIX classes are not part of XML Schema; write "\[" for a bracket`)
	}
	return single(p.take()), true, nil
}
