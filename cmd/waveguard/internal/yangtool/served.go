package yangtool

import (
	"io/fs"

	"github.com/optical-net/waveguard/yang/schema"
)

// Served is a set of modules as an appliance serves them.
type Served struct {
	Texts     map[string][]byte // of all modules and submodules, by NAME or NAME@REVISION
	Implement []string          // NAME or NAME@REVISION
	Features  func(module, feature string) bool
}

// Compile compiles the modules; imports are found among them alone.
func (s Served) Compile() (*Schema, error) {
	l := library{}
	for name, text := range s.Texts {
		l[name+".yang"] = &File{Name: name + ".yang", Format: YANG, Text: text}
	}
	set, err := schema.Compile([]fs.FS{l}, schema.Options{Implement: s.Implement, Features: s.Features})
	if err != nil {
		return nil, err
	}
	return &Schema{Set: set, sources: []library{l}}, nil
}
