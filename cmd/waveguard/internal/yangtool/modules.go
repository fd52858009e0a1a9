package yangtool

import (
	"maps"
	"slices"
)

// Module is a module of a schema.
type Module struct {
	Name        string   `json:"name"`
	Revision    string   `json:"revision,omitempty"`
	Prefix      string   `json:"prefix"`
	Namespace   string   `json:"namespace"`
	Implemented bool     `json:"implemented"`
	Features    []string `json:"features,omitempty"`
	Submodules  []string `json:"submodules,omitempty"`
}

// List returns the modules by name. Features that are off have a minus before them.
func (c *Schema) List() []Module {
	var out []Module
	for _, m := range c.Modules {
		x := Module{Name: m.Name, Revision: m.Revision, Prefix: m.Prefix, Namespace: m.Namespace, Implemented: m.Implemented}
		for _, f := range slices.Sorted(maps.Keys(m.Features)) {
			if !m.Features[f] {
				f = "-" + f
			}
			x.Features = append(x.Features, f)
		}
		for _, s := range m.Submodules {
			x.Submodules = append(x.Submodules, s.Name)
		}
		out = append(out, x)
	}
	return out
}
