package access_test

import (
	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
)

// A User is what a datastore asks about its actors.
var _ datastore.Access = access.User{}
