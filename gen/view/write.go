package view

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Write stores the state leafs of next, a pointer to a generated struct, in the
// entry at path. Leafs that are the same in prev, a pointer of the same type or
// nil, are taken as stored already; those that prev had and next has not are
// removed.
func Write(e *tree.Editor, path tree.Path, prev, next any) error {
	n := reflect.ValueOf(next).Elem()
	p := reflect.ValueOf(prev)
	if prev == nil || p.IsNil() {
		p = reflect.New(n.Type())
	}
	return write(e, path, p.Elem(), n)
}

func write(e *tree.Editor, path tree.Path, prev, next reflect.Value) error {
	for _, f := range stateFieldsOf(next.Type()) {
		if err := f.write(e, path, prev.Field(f.index), next.Field(f.index)); err != nil {
			return fmt.Errorf("state of %s: %w", path, err)
		}
	}
	return nil
}

// stateField is a field of a generated struct that holds state.
type stateField struct {
	index int
	path  []string // below the entry
}

var stateFields sync.Map // reflect.Type → []stateField

// stateFieldsOf returns the fields that stand below state, or, in a struct of a
// container there, all of them.
func stateFieldsOf(t reflect.Type) []stateField {
	if f, ok := stateFields.Load(t); ok {
		return f.([]stateField)
	}
	var fields []stateField
	for i := range t.NumField() {
		// A key has two paths; the other is part of what identifies the entry.
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("path"), "|")
		path := strings.Split(tag, "/")
		if path[0] == "state" || len(path) == 1 && t.Field(i).Type.Kind() != reflect.Map {
			fields = append(fields, stateField{i, path})
		}
	}
	stateFields.Store(t, fields)
	return fields
}

func (f stateField) write(e *tree.Editor, path tree.Path, prev, next reflect.Value) error {
	if next.Kind() == reflect.Pointer && next.Type().Elem().Kind() == reflect.Struct {
		return f.writeStruct(e, path, prev, next)
	}
	if next.Kind() == reflect.Slice {
		return f.writeLeafList(e, path, prev.Interface(), next.Interface())
	}
	text, ok := canonical(next)
	if was, had := canonical(prev); had == ok && was == text {
		return nil
	}
	at, err := f.extend(path)
	if err != nil {
		return err
	}
	if !ok {
		_, err := e.DeletePath(at)
		return err
	}
	return e.SetLeaf(at, at.Schema().Type.Unchecked(text))
}

// writeLeafList stores the values of a leaf-list of strings; others have none.
func (f stateField) writeLeafList(e *tree.Editor, path tree.Path, prev, next any) error {
	was, _ := prev.([]string)
	is, _ := next.([]string)
	at, err := f.extend(path)
	if err != nil || slices.Equal(was, is) {
		return err
	}
	last := at[len(at)-1]
	at = at[:len(at)-1]
	entry := func(text string) tree.Path {
		v := last.Node.Type.Unchecked(text)
		return append(at[:len(at):len(at)], schema.PathStep{Node: last.Node, Value: &v})
	}
	for _, text := range was {
		if slices.Contains(is, text) {
			continue
		}
		if _, err := e.DeletePath(entry(text)); err != nil {
			return err
		}
	}
	for _, text := range is {
		if slices.Contains(was, text) {
			continue // state may have a value twice (RFC 7950 section 7.7)
		}
		if err := e.SetLeaf(entry(text), last.Node.Type.Unchecked(text)); err != nil {
			return err
		}
	}
	return nil
}

func (f stateField) writeStruct(e *tree.Editor, path tree.Path, prev, next reflect.Value) error {
	if next.IsNil() && prev.IsNil() {
		return nil
	}
	at, err := f.extend(path)
	if err != nil {
		return err
	}
	return write(e, at, orZero(prev), orZero(next))
}

func orZero(p reflect.Value) reflect.Value {
	if p.IsNil() {
		return reflect.New(p.Type().Elem()).Elem()
	}
	return p.Elem()
}

func (f stateField) extend(path tree.Path) (tree.Path, error) {
	at := path[:len(path):len(path)]
	for _, name := range f.path {
		n := at.Schema().Child("", name)
		if n == nil {
			return nil, fmt.Errorf("the schema has no %s", name)
		}
		at = append(at, schema.PathStep{Node: n})
	}
	return at, nil
}

// canonical returns the canonical form of a generated field; ok is false for
// one without a value.
func canonical(v reflect.Value) (text string, ok bool) {
	if e, isEnum := v.Interface().(ygot.GoEnum); isEnum {
		def, ok := e.ΛMap()[v.Type().Name()][v.Int()]
		if def.DefiningModule != "" {
			return def.DefiningModule + ":" + def.Name, ok
		}
		return def.Name, ok
	}
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return "", false
	}
	switch v = v.Elem(); v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return "", false
}
