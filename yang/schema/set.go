package schema

// Set is a compiled collection of modules.
type Set struct {
	// Modules holds every loaded module, implemented or only imported, by
	// name and then by revision, newest last.
	Modules []*Module

	// Root is the node of kind Root whose data children are the top-level
	// data nodes of all implemented modules.
	Root *Node

	byName      map[string]*Module
	byNamespace map[string]*Module
}

// Module returns the implemented module of that name, or the newest imported
// one when none is implemented, or nil.
func (s *Set) Module(name string) *Module { return s.byName[name] }

// ModuleByNamespace returns the module with that XML namespace, preferring an
// implemented one, or nil.
func (s *Set) ModuleByNamespace(namespace string) *Module { return s.byNamespace[namespace] }

// Module is one compiled module with its submodules merged in.
type Module struct {
	Name         string
	Namespace    string
	Prefix       string
	Revision     string // newest revision date, "" when the module has none
	YangVersion  string // "1" or "1.1"
	Organization string
	Contact      string
	Description  string
	Reference    string

	// Implemented is false for a module that is loaded only because another
	// one imports it: its types, groupings and identities are usable, its
	// data nodes are not part of the schema (RFC 7950 section 5.6.5).
	Implemented bool

	// Features names the features the module declares; the value says whether
	// the set supports it.
	Features map[string]bool

	Identities    map[string]*Identity
	Annotations   map[string]*Annotation // in effect; nil where the module is only imported
	RPCs          []*Node                // Kind RPC, in statement order
	Notifications []*Node                // top-level notifications, in statement order
	Structures    []*Node                // Kind Structure and YangData, in statement order; not below Root
	Augments      []*Augment             // in statement order
	Submodules    []*Submodule
	Imports       []Import
	Deviations    []string   // names of modules that deviate this one
	Extensions    Extensions // at the top of the module and its submodules

	// Source is the module's text as it was read; it is what get-schema
	// serves (RFC 6022 section 3).
	Source []byte
}

// Submodule is one submodule included, directly or not, by a module.
type Submodule struct {
	Name     string
	Revision string
	Source   []byte
}

// Import is one import statement of a module.
type Import struct {
	Prefix string
	Module *Module
}

// Identity is one identity statement (RFC 7950 section 7.18).
type Identity struct {
	Name   string
	Module *Module
	Bases  []*Identity

	conditional bool // has an if-feature

	derived map[*Identity]bool   // transitively derived, without itself
	byName  map[string]*Identity // the same, by canonical name
}

// String returns the canonical form, "module:name".
func (i *Identity) String() string { return i.Module.Name + ":" + i.Name }

// DerivedFrom says whether i is derived, directly or not, from base. An
// identity is not derived from itself.
func (i *Identity) DerivedFrom(base *Identity) bool { return base.derived[i] }
