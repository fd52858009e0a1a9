package patch

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// FormatTarget returns the data resource identifier of path (RFC 8040 section
// 3.5.3): /module:container/list=key1,key2/leaf-list=value, "/" for the root.
func FormatTarget(path tree.Path) string {
	if len(path) == 0 {
		return "/"
	}
	var b []byte
	var module *schema.Module
	for _, step := range path {
		b = append(b, '/')
		if step.Node.Module != module {
			module = step.Node.Module
			b = append(append(b, module.Name...), ':')
		}
		b = append(b, step.Node.Name...)
		b = appendKeys(b, step)
	}
	return string(b)
}

func appendKeys(b []byte, step schema.PathStep) []byte {
	values := step.Keys
	if step.Value != nil && hasIdentity(step.Node) {
		values = []schema.Value{*step.Value}
	}
	for i, v := range values {
		b = append(b, "=,"[min(i, 1)])
		b = appendEscaped(b, v.String())
	}
	return b
}

// appendEscaped percent-encodes all but the unreserved characters of RFC 3986
// section 2.3.
func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

// ParseTarget reads a data resource identifier. The error is a *tree.Error: it says
// which step is wrong.
func ParseTarget(set *schema.Set, text string) (tree.Path, error) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok || rest == "" {
		// RFC 8072 section 2.5: the target is a data resource, not a datastore.
		return nil, invalid(nil, "%.80q is not the path of a data node; write /module:node, and list=key where an entry is meant", text)
	}
	var path tree.Path
	at := set.Root
	for name := range strings.SplitSeq(rest, "/") {
		step, err := parseStep(path, at, name)
		if err != nil {
			return nil, err
		}
		path = append(path, step)
		at = step.Node
	}
	for _, step := range path[:len(path)-1] {
		if !selects(step) {
			return nil, invalid(path, "the path leads through %q without naming an entry", step.Node.Name)
		}
	}
	return path, nil
}

// parseStep reads one step below the node parent, whose path is above.
func parseStep(above tree.Path, parent *schema.Node, text string) (schema.PathStep, error) {
	name, keys, selective := strings.Cut(text, "=")
	module, local, qualified := strings.Cut(name, ":")
	switch {
	case qualified:
	case parent.Kind == schema.Root:
		return schema.PathStep{}, unknown(above, name, "%.80q needs the name of its module: module:%.80s", name, name)
	default:
		module, local = parent.Module.Name, name
	}
	s := parent.Child(module, local)
	if module == "" || s == nil || !s.IsData() {
		return schema.PathStep{}, unknown(above, name, "module %.80s has no node %.80q here", module, local)
	}
	step := schema.PathStep{Node: s}
	if !selective {
		return step, nil
	}
	return step, parseKeys(above, &step, keys)
}

// parseKeys reads what stands behind the "=" of a step.
func parseKeys(above tree.Path, step *schema.PathStep, text string) error {
	leafs := step.Node.Keys
	if step.Node.Kind == schema.LeafList && hasIdentity(step.Node) {
		leafs = []*schema.Node{step.Node}
	}
	at := append(above[:len(above):len(above)], *step)
	texts := strings.Split(text, ",")
	if len(texts) != len(leafs) {
		return invalid(at, "%q takes %d values behind \"=\", not %d", step.Node.Name, len(leafs), len(texts))
	}
	values := make([]schema.Value, len(leafs))
	for i, leaf := range leafs {
		raw, err := unescape(texts[i])
		if err == nil {
			values[i], err = leaf.ParseValue(raw)
		}
		if err != nil {
			return invalid(at, "%.80q is no value of %q: %v", texts[i], leaf.Name, err)
		}
	}
	if step.Node.Kind == schema.LeafList {
		step.Value = &values[0]
	} else {
		step.Keys = values
	}
	return nil
}

// unescape resolves percent-encoding, and leaves anything else as it is: "+" is a
// plus.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return "", fmt.Errorf("a \"%%\" is not followed by two hexadecimal digits")
		}
		b = append(b, hexValue(s[i+1])<<4|hexValue(s[i+2]))
		i += 2
	}
	return string(b), nil
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// hasIdentity says whether the entries of a list or leaf-list can be told apart by
// their keys or value.
func hasIdentity(s *schema.Node) bool {
	switch s.Kind {
	case schema.List:
		return len(s.Keys) > 0
	case schema.LeafList:
		return s.Config
	}
	return true
}

// selects says whether the step leads to one instance.
func selects(step schema.PathStep) bool {
	switch step.Node.Kind {
	case schema.List:
		return len(step.Keys) > 0
	case schema.LeafList:
		return step.Value != nil
	}
	return true
}

// whole says whether the path ends at a list or leaf-list, not at an entry of it.
func whole(path tree.Path) bool { return !selects(path[len(path)-1]) }

func invalid(at tree.Path, format string, args ...any) error {
	return &tree.Error{Tag: tree.TagInvalidValue, Path: at, Message: fmt.Sprintf(format, args...)}
}

func unknown(at tree.Path, name, format string, args ...any) error {
	return &tree.Error{
		Tag: tree.TagUnknownElement, Path: at,
		Message: fmt.Sprintf(format, args...), Info: [][2]string{{"bad-element", name}},
	}
}
