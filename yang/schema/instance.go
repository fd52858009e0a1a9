package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PathStep is one step of a path to instances.
type PathStep struct {
	Node     *Node
	Keys     []Value // list with keys: all of them, in key order
	Position uint64  // list without keys, or leaf-list: the 1-based position; 0 when not given
	Value    *Value  // leaf-list: the entry
}

// parseInstanceIdentifier returns the canonical form of an instance-identifier.
func parseInstanceIdentifier(in Lexical) (string, error) {
	steps, err := ParseInstancePath(in)
	if err != nil {
		return "", err
	}
	return FormatInstancePath(steps), nil
}

// ParseInstancePath reads an instance-identifier (RFC 7950 section 9.13, RFC
// 7951 section 6.11) and checks it against the schema below in.Root: the nodes
// exist, lists have all their keys, keys are valid. In the XML form every name
// needs a prefix; in the others a module is needed where it changes. Inside a
// quoted key the quote itself may be written twice. The error is a *ValueError.
func ParseInstancePath(in Lexical) ([]PathStep, error) { return parsePath(in, false) }

// ParseNodePath reads a node-instance-identifier of ietf-netconf-acm (RFC 8341):
// an instance-identifier in which predicates can be missing, each for all values
// of its key, whose Keys then have the zero Value. It may end at an action or a
// notification of a data node. The error is a *ValueError.
func ParseNodePath(in Lexical) ([]PathStep, error) { return parsePath(in, true) }

func parsePath(in Lexical, pattern bool) ([]PathStep, error) {
	if in.Root == nil {
		return nil, in.wrong("cannot be followed without a schema")
	}
	p := &pathParser{in: in, rest: in.trimmed(), at: in.Root, pattern: pattern}
	var steps []PathStep
	for first := true; first || p.rest != ""; first = false {
		step, err := p.step()
		if err != nil {
			return nil, in.wrong("is not a path to an instance: %s", err)
		}
		steps = append(steps, step)
		p.at = step.Node
	}
	return steps, nil
}

// ParsePath reads the path of a data node as FormatInstancePath writes it, such as
// /module:list[name='a']/leaf. The error is a *ValueError.
func (s *Set) ParsePath(path string) ([]PathStep, error) {
	return ParseInstancePath(Lexical{Text: path, Form: Canonical, Root: s.Root})
}

// pathParser reads one path from left to right.
type pathParser struct {
	in      Lexical
	rest    string
	at      *Node
	pattern bool // predicates may be missing
}

func (p *pathParser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *pathParser) space() { p.rest = strings.TrimLeftFunc(p.rest, isSpace) }

// name reads a node name and resolves its module; without prefix it is the current node's.
func (p *pathParser) name(parent *Node) (module, local string, err error) {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return strings.ContainsRune("/[]='\"", r) || isSpace(r) })
	if end < 0 {
		end = len(p.rest)
	}
	ref := p.rest[:end]
	p.rest = p.rest[end:]
	if referenceFault(ref) != "" {
		return "", "", fmt.Errorf("%q is not a name", ref)
	}
	prefix, local := splitPrefix(ref)
	if prefix == "" {
		if parent.Kind == Root || p.in.Form == XML {
			return "", "", fmt.Errorf("name %q lacks its module", ref)
		}
		return parent.Module.Name, local, nil
	}
	in := p.in
	if in.Form == XML && in.Prefix == nil {
		return "", "", fmt.Errorf("prefix %q is not bound", prefix)
	}
	module, ok := in.module(prefix)
	if !ok {
		return "", "", fmt.Errorf("prefix %q is not bound to a known module", prefix)
	}
	return module, local, nil
}

func (p *pathParser) step() (PathStep, error) {
	if !p.take("/") {
		return PathStep{}, fmt.Errorf("expected / before %q", p.rest)
	}
	module, local, err := p.name(p.at)
	if err != nil {
		return PathStep{}, err
	}
	n := p.at.Child(module, local)
	if n == nil && p.pattern && p.rest == "" {
		n = p.at.tied(module, local)
	}
	if n == nil || !n.IsData() && !p.pattern {
		return PathStep{}, fmt.Errorf("there is no node %s:%s at %s", module, local, p.at.Path())
	}
	step := PathStep{Node: n}
	keys := make([]Value, len(n.Keys))
	for p.take("[") {
		if err := p.predicate(&step, keys); err != nil {
			return step, err
		}
	}
	if p.pattern {
		step.Keys = keys
		return step, nil
	}
	return step, step.complete(keys)
}

// tied returns the action or notification of that name below n, or nil.
func (n *Node) tied(module, local string) *Node {
	i := slices.IndexFunc(n.Children, func(c *Node) bool {
		return (c.Kind == Action || c.Kind == Notification) && c.Name == local && c.Module.Name == module
	})
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// complete checks that the predicates select exactly one instance.
func (s *PathStep) complete(keys []Value) error {
	n := s.Node
	switch n.Kind {
	case LeafList:
		if s.Value == nil && s.Position == 0 {
			return fmt.Errorf("leaf-list %s needs a value", n.Name)
		}
	case List:
		if len(keys) == 0 && s.Position == 0 {
			return fmt.Errorf("list %s needs a position", n.Name)
		}
		for i, k := range keys {
			if k.IsZero() {
				return fmt.Errorf("list %s needs the key %s", n.Name, n.Keys[i].Name)
			}
		}
		s.Keys = keys
	}
	return nil
}

// predicate reads what follows "[": a position, a leaf-list value or a key.
func (p *pathParser) predicate(s *PathStep, keys []Value) error {
	p.space()
	var err error
	switch {
	case p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9':
		err = p.position(s)
	case p.take("."):
		err = p.entry(s)
	default:
		err = p.key(s, keys)
	}
	if err != nil {
		return err
	}
	p.space()
	if !p.take("]") {
		return fmt.Errorf("expected ] before %q", p.rest)
	}
	return nil
}

func (p *pathParser) position(s *PathStep) error {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(p.rest)
	}
	n, err := strconv.ParseUint(p.rest[:end], 10, 64)
	switch {
	case err != nil || n == 0:
		return fmt.Errorf("%q is not a position", p.rest[:end])
	case s.Position != 0 || s.Value != nil:
		return fmt.Errorf("node %s is selected twice", s.Node.Name)
	case s.Node.Kind != LeafList && (s.Node.Kind != List || len(s.Node.Keys) > 0):
		return fmt.Errorf("node %s has no positions", s.Node.Name)
	}
	s.Position = n
	p.rest = p.rest[end:]
	return nil
}

func (p *pathParser) entry(s *PathStep) error {
	text, err := p.equals()
	if err != nil {
		return err
	}
	if s.Node.Kind != LeafList || s.Value != nil || s.Position != 0 {
		return fmt.Errorf("node %s is not selected by one value", s.Node.Name)
	}
	v, err := p.value(s.Node, text)
	s.Value = &v
	return err
}

func (p *pathParser) key(s *PathStep, keys []Value) error {
	module, local, err := p.name(s.Node)
	if err != nil {
		return err
	}
	text, err := p.equals()
	if err != nil {
		return err
	}
	k := s.Node.Child(module, local)
	if k == nil || !k.IsKey() {
		return fmt.Errorf("node %s has no key %s", s.Node.Name, local)
	}
	if !keys[k.Index].IsZero() {
		return fmt.Errorf("key %s is given twice", local)
	}
	keys[k.Index], err = p.value(k, text)
	return err
}

// value parses a quoted value; JSON's forms do not apply inside quotes.
func (p *pathParser) value(n *Node, text string) (Value, error) {
	in := p.in
	in.Text, in.Module = text, n.Module
	if in.Form != XML {
		in.Form = Canonical
	}
	return n.Type.Parse(in)
}

// equals reads = and the quoted text after it.
func (p *pathParser) equals() (string, error) {
	p.space()
	if !p.take("=") {
		return "", fmt.Errorf("expected = before %q", p.rest)
	}
	p.space()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		return "", fmt.Errorf("expected a quote before %q", p.rest)
	}
	quote := p.rest[:1]
	p.rest = p.rest[1:]
	return p.quoted(quote)
}

// quoted reads a text up to its closing quote; the quote twice stands for itself.
func (p *pathParser) quoted(quote string) (string, error) {
	var text strings.Builder
	for {
		inside, after, ok := strings.Cut(p.rest, quote)
		if !ok {
			return "", fmt.Errorf("quote is not closed")
		}
		text.WriteString(inside)
		p.rest = after
		if !p.take(quote) {
			return text.String(), nil
		}
		text.WriteString(quote)
	}
}

// FormatInstancePath writes steps in canonical form: modules where they change,
// keys in key order. ParseInstancePath reads it back, except "/", the root.
func FormatInstancePath(steps []PathStep) string {
	if len(steps) == 0 {
		return "/"
	}
	var b strings.Builder
	var module *Module
	for _, s := range steps {
		b.WriteByte('/')
		if s.Node.Module != module {
			module = s.Node.Module
			b.WriteString(module.Name + ":")
		}
		b.WriteString(s.Node.Name)
		for i, k := range s.Keys {
			b.WriteString("[" + s.Node.Keys[i].Name + "=" + quote(k.canon) + "]")
		}
		if s.Value != nil {
			b.WriteString("[.=" + quote(s.Value.canon) + "]")
		}
		if s.Position > 0 {
			b.WriteString("[" + strconv.FormatUint(s.Position, 10) + "]")
		}
	}
	return b.String()
}

// quote writes a literal; one that holds both quotes has the single ones doubled.
func quote(s string) string {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
