package gnmi

import (
	"slices"
	"strings"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
)

// schemaOrigins are the origins that stand for the whole schema. None means
// openconfig (gNMI specification section 2.7.1).
var schemaOrigins = []string{"", "openconfig", "rfc7951"}

// origin returns the module that the prefix's or path's origin restricts
// top-level nodes to, nil for none. Besides schemaOrigins, the name of a module
// is an origin, as Telegraf and gnmic send it.
func (r resolver) origin(path *gpb.Path) (*schema.Module, error) {
	name, other := path.GetOrigin(), r.prefix.GetOrigin()
	switch {
	case name == "":
		name = other
	case other != "" && other != name:
		return nil, status.Errorf(codes.InvalidArgument, "origin is %q in the prefix and %q in the path; give it once", other, name)
	}
	if slices.Contains(schemaOrigins, name) {
		return nil, nil
	}
	if m := r.set.Module(name); m != nil && m.Implemented {
		return m, nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "origin %q is not served; leave it out, or say openconfig, rfc7951 or the name of a module (%s)",
		name, strings.Join(implemented(r.set), ", "))
}

// implemented lists the modules with data.
func implemented(set *schema.Set) []string {
	var names []string
	for _, n := range set.Root.DataChildren {
		if n.IsData() && !slices.Contains(names, n.Module.Name) {
			names = append(names, n.Module.Name)
		}
	}
	return names
}
