package document

import "strings"

// Strings makes copies of a document's strings, so that the values of a tree do
// not keep the document in memory, and equal short strings share one copy.
type Strings struct{ known map[string]string }

// What Strings remembers: more would cost more than it saves.
const (
	maxShared    = 8192
	maxSharedLen = 64
)

// Own returns a copy of s.
func (t *Strings) Own(s string) string {
	if s == "" {
		return ""
	}
	if len(s) > maxSharedLen {
		return strings.Clone(s)
	}
	if c, ok := t.known[s]; ok {
		return c
	}
	c := strings.Clone(s)
	if t.known == nil {
		t.known = map[string]string{}
	}
	if len(t.known) < maxShared {
		t.known[c] = c
	}
	return c
}
