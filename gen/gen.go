// Package gen holds Go types of the mpk-security modules: the typed view
// of configuration and counters that enforcement and telemetry read. The
// data store does not keep its data in them.
//
// A list entry is one struct. A leaf that stands in both config and state
// is the configured one; a leaf that stands in state alone, and the
// counters, are the appliance's. A nil pointer, or zero for an enumeration,
// is a leaf without a value. The getter of a leaf gives the default of the
// module in its place.
//
// An enumeration counts from one here, by position, whatever the values in
// the module: compare with the constants, never with module values.
//
// Everything but this file is generated from yang/models.
package gen

// Without a schema in it, ygot's output imports two packages that it does not
// use; the second command takes them out.

//go:generate go run -trimpath github.com/openconfig/ygot/generator -path=../yang/models -output_file=mpk_security.go -package_name=gen -generate_fakeroot -fakeroot_name=device -compress_paths=true -generate_leaf_getters -typedef_enum_with_defmod -ignore_unsupported -include_schema=false -exclude_modules=ietf-netconf-acm ../yang/models/mpk-security@2026-11-25.yang ../yang/models/mpk-security-telemetry@2026-11-25.yang
//go:generate sed -i -e /"encoding.json"$/d -e /"reflect"$/d mpk_security.go
//go:generate go tool gofumpt -w mpk_security.go
