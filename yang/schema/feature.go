package schema

import (
	"fmt"
	"strings"
)

// maxFeatureDepth bounds the parentheses of an if-feature expression.
const maxFeatureDepth = 64

type featureState uint8

const (
	featureUnknown featureState = iota
	featureBusy
	featureOff
	featureOn
)

// feature says whether the set supports the feature of that statement.
func (c *compiler) feature(st *stmt) bool {
	switch c.features[st] {
	case featureOn:
		return true
	case featureOff:
		return false
	case featureBusy:
		c.errs.at(st, "depends on itself")
		return false
	}
	c.features[st] = featureBusy
	on := c.ifFeatures(st)
	wanted := true
	if c.opt.Features != nil {
		wanted = c.opt.Features(st.unit.main.name, st.arg)
		if wanted && !on {
			c.errs.at(st, "cannot be supported because its if-feature is false")
		}
	}
	c.features[st] = featureOff
	if on && wanted {
		c.features[st] = featureOn
	}
	return on && wanted
}

// ifFeatures says whether all if-feature substatements hold, or are to be ignored.
func (c *compiler) ifFeatures(st *stmt) bool {
	all := true
	st.each("if-feature", func(s *stmt) { all = c.ifFeature(s) && all })
	return all || c.keepDisabled
}

// ifFeature evaluates one if-feature statement; a fault counts as false.
func (c *compiler) ifFeature(s *stmt) bool {
	p := &featureParser{c: c, st: s, tokens: featureTokens(s.arg)}
	if !s.unit.v11 && len(p.tokens) != 1 {
		c.errs.breaks(s, ruleVersion, "an expression of features needs yang-version 1.1")
		return false
	}
	on, err := p.or(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is not expected here", p.tokens[0])
	}
	if err != nil {
		c.errs.at(s, "%s", err)
		return false
	}
	return on
}

func featureTokens(s string) []string {
	s = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)
	return strings.Fields(s)
}

// featureParser evaluates RFC 7950 section 7.20.2 while it reads. All operands
// are evaluated, so that every unknown feature is found.
type featureParser struct {
	c      *compiler
	st     *stmt
	tokens []string
}

func (p *featureParser) take(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *featureParser) or(depth int) (bool, error) {
	on, err := p.and(depth)
	for err == nil && p.take("or") {
		var right bool
		right, err = p.and(depth)
		on = on || right
	}
	return on, err
}

func (p *featureParser) and(depth int) (bool, error) {
	on, err := p.factor(depth)
	for err == nil && p.take("and") {
		var right bool
		right, err = p.factor(depth)
		on = on && right
	}
	return on, err
}

func (p *featureParser) factor(depth int) (bool, error) {
	switch {
	case depth > maxFeatureDepth:
		return false, fmt.Errorf("expression is nested more than %d deep", maxFeatureDepth)
	case p.take("not"):
		on, err := p.factor(depth + 1)
		return !on, err
	case p.take("("):
		on, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("expression lacks a closing parenthesis")
		}
		return on, err
	case len(p.tokens) == 0:
		return false, fmt.Errorf("expression ends early")
	}
	name := p.tokens[0]
	p.tokens = p.tokens[1:]
	return p.name(name)
}

func (p *featureParser) name(ref string) (bool, error) {
	prefix, name := splitPrefix(ref)
	m := p.st.unit.module(prefix)
	if m == nil {
		return false, fmt.Errorf("prefix %q is not imported", prefix)
	}
	st := m.features[name]
	if st == nil {
		return false, fmt.Errorf("module %s defines no feature %q", m.name, name)
	}
	p.c.errs.checkStatus(p.st, st)
	return p.c.feature(st), nil
}
