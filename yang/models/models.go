package models

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

// FS holds the modules, all in its root.
//
//go:embed *.yang
var FS embed.FS

// Imported are the modules that are here only because others import them: what they
// define is not served.
var Imported = []string{
	"ietf-interfaces", "ietf-ip", "ietf-network-instance", "ietf-restconf", "ietf-yang-patch", "ietf-yang-schema-mount",
}

// Served lists the names of all other modules.
func Served() (names []string) {
	for _, file := range Names() {
		if name, _, _ := strings.Cut(file, "@"); !slices.Contains(Imported, name) {
			names = append(names, name)
		}
	}
	return names
}

// Names lists the file names in FS in lexical order.
func Names() []string {
	names, err := fs.Glob(FS, "*.yang")
	if err != nil {
		panic("models: " + err.Error()) // The pattern is constant and well formed.
	}
	return names
}
