package view

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// fill stores the leafs of c, and of the config and state containers in it, in
// the fields of the generated struct dst points to. Leafs that have no field
// and lists are left out.
func fill(dst any, c *tree.Container) error {
	v := reflect.ValueOf(dst).Elem()
	plan := planOf(v.Type())
	for k := range c.Children() {
		if err := plan.set(v, "", k); err != nil {
			return fmt.Errorf("view of %s: %w", c.Schema().Path(), err)
		}
	}
	return nil
}

// fieldPlan maps the paths of a generated struct's leafs to its fields.
type fieldPlan map[string]field

type field struct {
	index int
	enums map[string]int64 // of an enumeration or identity: name to Go value
}

var plans sync.Map // reflect.Type → fieldPlan

func planOf(t reflect.Type) fieldPlan {
	if p, ok := plans.Load(t); ok {
		return p.(fieldPlan)
	}
	p := fieldPlan{}
	for i := range t.NumField() {
		f := field{index: i, enums: enumValues(t.Field(i).Type)}
		for path := range strings.SplitSeq(t.Field(i).Tag.Get("path"), "|") {
			p[path] = f
		}
	}
	plans.Store(t, p)
	return p
}

// enumValues returns the names of a generated enumeration type, or of one that a
// slice is of; nil for others.
func enumValues(t reflect.Type) map[string]int64 {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	e, ok := reflect.Zero(t).Interface().(ygot.GoEnum)
	if !ok {
		return nil
	}
	names := map[string]int64{}
	for value, def := range e.ΛMap()[t.Name()] {
		names[def.Name] = value
	}
	return names
}

func (p fieldPlan) set(v reflect.Value, prefix string, n tree.Node) error {
	path := prefix + n.Schema().Name
	switch x := n.(type) {
	case *tree.Container:
		if prefix != "" {
			return nil
		}
		for k := range x.Children() {
			if err := p.set(v, path+"/", k); err != nil {
				return err
			}
		}
	case *tree.Leaf:
		if f, ok := p[path]; ok {
			return setLeaf(v.Field(f.index), f, x.Value())
		}
	case *tree.LeafList:
		if f, ok := p[path]; ok {
			return setLeafList(v.Field(f.index), f, x)
		}
	}
	return nil
}

func setLeaf(v reflect.Value, f field, value schema.Value) error {
	if f.enums != nil {
		return f.setEnum(v, value)
	}
	if v.Kind() != reflect.Pointer {
		return fmt.Errorf("%q does not fit %s", value, v.Type())
	}
	p := reflect.New(v.Type().Elem())
	if !setScalar(p.Elem(), value) {
		return fmt.Errorf("%q does not fit %s", value, v.Type())
	}
	v.Set(p)
	return nil
}

func setScalar(v reflect.Value, value schema.Value) bool {
	switch v.Kind() {
	case reflect.String:
		v.SetString(value.String())
		return true
	case reflect.Bool:
		b, ok := value.Bool()
		v.SetBool(b)
		return ok
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := value.Uint()
		v.SetUint(n)
		return ok
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := value.Int()
		v.SetInt(n)
		return ok
	}
	return false
}

func (f field) setEnum(v reflect.Value, value schema.Value) error {
	name := value.String()
	if _, local, ok := strings.Cut(name, ":"); ok {
		name = local
	}
	n, ok := f.enums[name]
	if !ok {
		return fmt.Errorf("%q is no value of %s", value, v.Type())
	}
	v.SetInt(n)
	return nil
}

func setLeafList(v reflect.Value, f field, l *tree.LeafList) error {
	if v.Kind() != reflect.Slice || f.enums == nil && v.Type().Elem().Kind() != reflect.String {
		return fmt.Errorf("leaf-list %s does not fit %s", l.Schema().Name, v.Type())
	}
	s := reflect.MakeSlice(v.Type(), 0, l.Len())
	for leaf := range l.All() {
		one := reflect.New(v.Type().Elem()).Elem()
		if f.enums == nil {
			one.SetString(leaf.Value().String())
		} else if err := f.setEnum(one, leaf.Value()); err != nil {
			return err
		}
		s = reflect.Append(s, one)
	}
	v.Set(s)
	return nil
}
