package schema

import "io/fs"

// Modules returns the names of the modules at the top of a source, sorted,
// submodules not among them. What cannot be parsed is taken for a module, for
// [Compile] to say why. It fails when the source cannot be listed.
func Modules(source fs.FS) ([]string, error) {
	lib, err := newLibrary([]fs.FS{source})
	if err != nil {
		return nil, err
	}
	return newLoader(lib).modulesOfFirstSource(), nil
}
