package validate

import (
	"encoding/binary"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// count is what the index knows under one key. For a leafref group and value:
// how many leafs hold the value as targets, how many refer to it. For a unique
// statement and tuple: refs is the number of entries that have the tuple.
type count struct{ targets, refs int32 }

func indexKey(id uint32, anchor tree.Path) []byte {
	return scope(binary.BigEndian.AppendUint32(make([]byte, 0, 64), id), anchor)
}

// touch is an index key whose count changed, with what its error would say.
type touch struct {
	group  *refGroup
	anchor tree.Path
	value  schema.Value

	unique *uniqueRule
	entry  tree.Path // an entry that has the tuple
}

func (r *run) bump(key []byte, by count) *touch {
	k := string(key)
	c, _ := r.index.Get(k)
	c.targets += by.targets
	c.refs += by.refs
	if c == (count{}) {
		r.index.Delete(r.owner, k)
	} else {
		r.index.Set(r.owner, k, c)
	}
	t := r.touched[k]
	if t == nil {
		t = &touch{}
		r.touched[k] = t
	}
	return t
}

// dangler identifies the leafrefs of one group below one instance of its anchor.
type dangler struct {
	group  *refGroup
	anchor string
}

// settleIndex reports the touched keys whose counts break a rule. The values
// without target are gathered first, so that however many there are, those who
// refer to them are looked for once.
func (r *run) settleIndex() {
	values := map[dangler]map[string]bool{}
	anchors := map[dangler]tree.Path{}
	for k, t := range r.touched {
		c, ok := r.index.Get(k)
		switch {
		case !ok:
		case t.group != nil && c.refs > 0 && c.targets == 0:
			d := dangler{t.group, string(scope(nil, t.anchor))}
			if values[d] == nil {
				values[d], anchors[d] = map[string]bool{}, t.anchor
			}
			values[d][t.value.String()] = true
		case t.unique != nil && c.refs > 1:
			entry, _ := r.next.Find(t.entry).(*tree.Container)
			r.notUnique(t.unique, entry, t.entry)
		}
	}
	for d, missing := range values {
		r.danglers(d.group, anchors[d], missing)
	}
}
