package json

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// lookup returns the definition of the member below parent, nil when it is to be
// skipped or there is an error.
func (d *decoder) lookup(parent *schema.Node, name string) (*schema.Node, error) {
	module, local, qualified := strings.Cut(name, ":")
	info := [][2]string{{"bad-element", name}}
	switch {
	case qualified:
	case d.opt.Lenient:
		local, module = name, onlyModule(parent, name)
	case parent.Kind == schema.Root:
		if d.opt.SkipUnknown {
			return nil, nil
		}
		return nil, d.errorf(tree.TagUnknownElement, info, "%.80q needs the name of its module: module:%.80s", name, name)
	default:
		local, module = name, parent.Module.Name
	}
	s := parent.Child(module, local)
	switch {
	case module == "" || s == nil || !s.IsData():
		if d.opt.SkipUnknown {
			return nil, nil
		}
		return nil, d.unknown(parent, module, local, info)
	case !s.Config && !d.opt.State:
		return nil, d.errorf(tree.TagUnknownElement, info, "%q is state, which cannot be configured", local)
	}
	return s, nil
}

// onlyModule returns the module that a name without one means: the parent's when
// that has the node, else the only one that does; "" when there is no such one.
func onlyModule(parent *schema.Node, local string) (module string) {
	if m := parent.Module; m != nil && parent.Child(m.Name, local) != nil {
		return m.Name
	}
	for _, s := range parent.DataChildren {
		switch {
		case s.Name != local || !s.IsData():
		case module != "":
			return ""
		default:
			module = s.Module.Name
		}
	}
	return module
}

func (d *decoder) unknown(parent *schema.Node, module, local string, info [][2]string) error {
	if module == "" {
		return d.errorf(tree.TagUnknownElement, info, "no module, or more than one, has a node %.80q here", local)
	}
	for _, s := range parent.DataChildren {
		if s.Name == local && s.IsData() {
			return d.errorf(tree.TagUnknownElement, info, "module %.80s has no node %q here; %s:%s is meant, perhaps", module, local, s.Module.Name, s.Name)
		}
	}
	return d.errorf(tree.TagUnknownElement, info, "module %.80s has no node %.80q here", module, local)
}

// keys reads the keys of a list entry, which may stand anywhere in its object,
// and puts them into the path.
func (d *decoder) keys(ed *tree.Edit, v *value) error {
	if len(ed.Schema.Keys) == 0 {
		return nil
	}
	given := ed.Keys
	ed.Keys = make([]schema.Value, len(ed.Schema.Keys))
	for i, k := range ed.Schema.Keys {
		var want *schema.Value
		if i < len(given) {
			want = &given[i]
		}
		if err := d.key(&ed.Keys[i], k, v.member(k), want); err != nil {
			return err
		}
	}
	if len(d.path) > 0 {
		d.path[len(d.path)-1].Keys = ed.Keys
	}
	return nil
}

// key reads one key into out from its member, which may be nil when the path
// told what is wanted.
func (d *decoder) key(out *schema.Value, k *schema.Node, v *value, want *schema.Value) error {
	if v == nil {
		if want == nil {
			return d.errorf(tree.TagMissingElement, [][2]string{{"bad-element", k.Name}}, "the key %q is missing", k.Name)
		}
		*out = *want
		return nil
	}
	d.path = append(d.path, schema.PathStep{Node: k})
	got, err := d.value(k, v)
	if err == nil && want != nil && got.String() != want.String() {
		err = d.errorf(tree.TagInvalidValue, nil, "the key is %q here and %q in the path", got, *want)
	}
	d.path = d.path[:len(d.path)-1]
	*out = got
	return err
}

// member returns the member of the object v that stands for k, or nil.
func (v *value) member(k *schema.Node) *value {
	for i := range v.kids {
		m := &v.kids[i]
		if m.name == k.Name {
			return m
		}
		if module, local, ok := strings.Cut(m.name, ":"); ok && local == k.Name && module == k.Module.Name {
			return m
		}
	}
	return nil
}
