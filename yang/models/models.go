package models

import (
	"embed"
	"io/fs"
)

// FS holds the modules, all in its root.
//
//go:embed *.yang
var FS embed.FS

// Names lists the file names in FS in lexical order.
func Names() []string {
	names, err := fs.Glob(FS, "*.yang")
	if err != nil {
		panic("models: " + err.Error()) // The pattern is constant and well formed.
	}
	return names
}
