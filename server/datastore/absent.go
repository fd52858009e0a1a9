package datastore

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// AbsentError is returned by [Open] when the stored configuration has data of
// modules that the schema lacks. What is stored stays as it is.
type AbsentError struct{ Modules []string }

// Error implements the error interface.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("the stored configuration has data of %s, which the models do not have any more: "+
		"start with those modules again; to do without them, delete their data first", strings.Join(e.Modules, ", "))
}

// absent follows data of modules that the schema lacks through the journal. What
// was deleted before the modules went away is no loss, though the history has it.
type absent struct {
	set  *schema.Set
	data map[string]bool // paths of what is left
}

// decode reads a snapshot but for what it holds at the top of absent modules.
func (a *absent) decode(snapshot []byte) (*tree.Tree, error) {
	t, err := json.Decode(a.set, snapshot, json.DecodeOptions{Limits: ownLimits})
	if err == nil {
		return t, nil
	}
	var all map[string]stdjson.RawMessage
	if stdjson.Unmarshal(snapshot, &all) != nil {
		return nil, err
	}
	for name := range all {
		if a.lacks("/" + name) {
			a.put("/" + name)
			delete(all, name)
		}
	}
	if len(a.data) == 0 {
		return nil, err
	}
	return json.Decode(a.set, mustMarshal(all), json.DecodeOptions{Limits: ownLimits})
}

// keep returns the edits of modules that the schema has.
func (a *absent) keep(edits []entryEdit) []entryEdit {
	return slices.DeleteFunc(edits, func(ed entryEdit) bool {
		if !a.lacks(ed.Path) {
			return false
		}
		if ed.Op == opRemove {
			a.remove(ed.Path)
		} else {
			a.put(ed.Path)
		}
		return true
	})
}

func (a *absent) put(path string) {
	if a.data == nil {
		a.data = map[string]bool{}
	}
	a.data[path] = true
}

func (a *absent) remove(path string) {
	maps.DeleteFunc(a.data, func(p string, _ bool) bool {
		below, ok := strings.CutPrefix(p, path)
		return ok && (below == "" || below[0] == '/' || below[0] == '[')
	})
}

func (a *absent) lacks(path string) bool {
	m := a.set.Module(moduleOf(path))
	return m == nil || !m.Implemented
}

// moduleOf returns the module of the first step of a path.
func moduleOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), ":")
	return name
}

// err returns an [*AbsentError] when data is left.
func (a *absent) err() error {
	if len(a.data) == 0 {
		return nil
	}
	var names []string
	for path := range a.data {
		names = append(names, moduleOf(path))
	}
	slices.Sort(names)
	return &AbsentError{slices.Compact(names)}
}
