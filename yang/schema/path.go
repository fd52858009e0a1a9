package schema

import (
	"fmt"
	"strings"
)

// leafrefPath is the argument of a path statement (RFC 7950 section 14, path-arg).
type leafrefPath struct {
	absolute bool
	ups      int // of a relative path: how many ".." it starts with
	steps    []leafrefStep
}

// leafrefStep is one name of a path, with its predicates.
type leafrefStep struct {
	name string
	keys []leafrefKey
}

// leafrefKey is [name = current()/../..steps]: ups counts the "..".
type leafrefKey struct {
	name  string
	ups   int
	steps []string
}

// parseLeafrefPath reads a path; white space may stand between its parts.
func parseLeafrefPath(arg string) (leafrefPath, error) {
	s := &pathScanner{rest: arg}
	var p leafrefPath
	if p.ups = s.ups(); p.ups == 0 {
		if p.absolute = s.take("/"); !p.absolute {
			return p, fmt.Errorf(`path starts neither with "/" nor with "../"`)
		}
	}
	for {
		step, err := s.step()
		if err != nil {
			return p, err
		}
		p.steps = append(p.steps, step)
		if !s.take("/") {
			break
		}
	}
	if s.rest != "" {
		return p, fmt.Errorf("%q is not expected in a path", s.rest)
	}
	return p, nil
}

type pathScanner struct{ rest string }

// take moves past a token if it comes next.
func (s *pathScanner) take(token string) bool {
	s.rest = strings.TrimLeftFunc(s.rest, isSpace)
	rest, ok := strings.CutPrefix(s.rest, token)
	if ok {
		s.rest = strings.TrimLeftFunc(rest, isSpace)
	}
	return ok
}

// ups counts the "../" that come next.
func (s *pathScanner) ups() int {
	n := 0
	for s.take("..") && s.take("/") {
		n++
	}
	return n
}

func (s *pathScanner) name() (string, error) {
	end := strings.IndexFunc(s.rest, func(r rune) bool { return strings.ContainsRune("/[]=()", r) || isSpace(r) })
	if end < 0 {
		end = len(s.rest)
	}
	name := s.rest[:end]
	if referenceFault(name) != "" {
		return "", fmt.Errorf("%q is not a name in a path", name)
	}
	s.rest = strings.TrimLeftFunc(s.rest[end:], isSpace)
	return name, nil
}

func (s *pathScanner) step() (leafrefStep, error) {
	name, err := s.name()
	step := leafrefStep{name: name}
	for err == nil && s.take("[") {
		var key leafrefKey
		key, err = s.key()
		step.keys = append(step.keys, key)
	}
	return step, err
}

// key reads a predicate after its bracket.
func (s *pathScanner) key() (leafrefKey, error) {
	name, err := s.name()
	if err != nil {
		return leafrefKey{}, err
	}
	key := leafrefKey{name: name}
	for _, token := range []string{"=", "current", "(", ")", "/"} {
		if !s.take(token) {
			return key, fmt.Errorf(`predicate of a path is not of the form "[key = current()/../leaf]"`)
		}
	}
	if key.ups = s.ups(); key.ups == 0 {
		return key, fmt.Errorf(`"current()" in a path is not followed by ".."`)
	}
	for {
		step, err := s.name()
		if err != nil {
			return key, err
		}
		key.steps = append(key.steps, step)
		switch {
		case s.take("]"):
			return key, nil
		case !s.take("/"):
			return key, fmt.Errorf("predicate of a path is not closed")
		}
	}
}
