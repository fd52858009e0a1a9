package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// enclosingEntries updates the unique tuples of the entries above a changed node.
func (r *run) enclosingEntries(path tree.Path) {
	for i := range path[:len(path)-1] {
		p := r.facts[path[i].Node]
		if p == nil || len(p.uniques) == 0 {
			continue
		}
		entry := path[:i+1]
		key := idOf(entry)
		if r.entries[key] {
			continue
		}
		r.entries[key] = true
		for _, u := range p.uniques {
			r.recount(u, entry)
		}
	}
}

func (r *run) recount(u *uniqueRule, entry tree.Path) {
	if c, ok := r.old.Find(entry).(*tree.Container); ok {
		r.countTuple(u, c, entry, -1)
	}
	if c, ok := r.next.Find(entry).(*tree.Container); ok {
		r.countTuple(u, c, entry, +1)
	}
}

// countTuple counts the entry's tuple; an entry that lacks a leaf of it has
// none (RFC 7950 section 7.8.3).
func (r *run) countTuple(u *uniqueRule, c *tree.Container, path tree.Path, sign int32) {
	key := indexKey(u.id, path[:len(path)-1])
	for _, tag := range u.tags {
		v, ok := leafBelow(c, chain(u.list, tag))
		if !ok {
			return
		}
		key = v.AppendKey(key)
	}
	t := r.bump(key, count{refs: sign})
	t.unique = u
	if sign > 0 {
		t.entry = append(tree.Path(nil), path...)
	}
}

// leafBelow returns the value, stored or default, of the leaf at the end of the path.
func leafBelow(c *tree.Container, path []*schema.Node) (v schema.Value, ok bool) {
	for _, s := range path[:len(path)-1] {
		if c, ok = c.Child(s).(*tree.Container); !ok {
			return defaultOf(path[len(path)-1])
		}
	}
	leaf := path[len(path)-1]
	if l, ok := c.Child(leaf).(*tree.Leaf); ok {
		return l.Value(), true
	}
	return defaultOf(leaf)
}

func defaultOf(leaf *schema.Node) (v schema.Value, ok bool) {
	if len(leaf.Defaults) == 0 {
		return v, false
	}
	return leaf.Defaults[0], true
}

// conditional says that a default value among the tags is not always in use.
func conditional(list *schema.Node, tags []*schema.Node) bool {
	return slices.ContainsFunc(tags, func(tag *schema.Node) bool {
		return len(tag.Defaults) > 0 && slices.ContainsFunc(chain(list, tag), func(n *schema.Node) bool {
			return len(n.Whens) > 0 || choiceOf(n) != nil
		})
	})
}

// checkUnique compares all entries below at.
func (r *run) checkUnique(at *tree.Cursor, u *uniqueRule) {
	seen := map[string]bool{}
	each(at, []*schema.Node{u.list}, func(entry *tree.Cursor) {
		var key []byte
		for _, tag := range u.tags {
			found := false
			each(entry, chain(u.list, tag), func(c *tree.Cursor) {
				key, found = c.Node().(*tree.Leaf).Value().AppendKey(key), true
			})
			if !found {
				return
			}
		}
		if seen[string(key)] {
			r.notUnique(u, entry.Node().(*tree.Container), entry.Path())
		}
		seen[string(key)] = true
	})
}

// notUnique is the error of RFC 7950 section 15.1; entry stands at path.
func (r *run) notUnique(u *uniqueRule, entry *tree.Container, path tree.Path) {
	e := &tree.Error{Tag: tree.TagOperationFailed, AppTag: "data-not-unique", Path: path}
	var said []string
	for _, tag := range u.tags {
		steps := chain(u.list, tag)
		if entry != nil {
			v, _ := leafBelow(entry, steps)
			said = append(said, fmt.Sprintf("%s %q", tag.Name, v))
		}
		e.Info = append(e.Info, [2]string{"non-unique", extend(path, steps).String()})
	}
	e.Message = fmt.Sprintf("another %s has the same %s; choose one that is free", u.list.Name, strings.Join(said, " and "))
	r.report(e)
}
