package gnmi

import (
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// checkExtensions refuses the extensions whose being ignored would harm: the
// present taken for the past, a wait for a message that never comes. Set heeds
// commit; all others are ignored.
func checkExtensions(all []*ext.Extension) error {
	for _, e := range all {
		name := ""
		switch e.GetExt().(type) {
		case *ext.Extension_History:
			name = "history"
		case *ext.Extension_ConfigSubscription:
			name = "config_subscription"
		default:
			continue
		}
		return status.Errorf(codes.Unimplemented, "extension %s is not supported; send the request without", name)
	}
	return nil
}
