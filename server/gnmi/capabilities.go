package gnmi

import (
	"context"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

// version is the version of gNMI that is served.
const version = "0.10.0"

// Capabilities tells the models, encodings and version served (gNMI
// specification section 3.2). A model's version is its revision date.
func (s *Server) Capabilities(_ context.Context, _ *gpb.CapabilityRequest) (*gpb.CapabilityResponse, error) {
	r := &gpb.CapabilityResponse{SupportedEncodings: encodings, GNMIVersion: version}
	for _, m := range s.schema.Modules {
		if m.Implemented {
			r.SupportedModels = append(r.SupportedModels, &gpb.ModelData{Name: m.Name, Organization: m.Organization, Version: m.Revision})
		}
	}
	return r, nil
}
