package gnmi

import (
	"context"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
)

// defaultRollback is that of the commit confirmed extension, section 3.2.1.
const defaultRollback = 10 * time.Minute

// commitOf returns the commit confirmed extension of a Set, which may be nil.
func commitOf(req *gpb.SetRequest) (c *ext.Commit, err error) {
	for _, e := range req.GetExtension() {
		x, ok := e.GetExt().(*ext.Extension_Commit)
		switch {
		case !ok:
			continue
		case c != nil:
			return nil, status.Error(codes.InvalidArgument, "the commit extension is there twice")
		case x.Commit.GetId() == "":
			return nil, status.Error(codes.InvalidArgument, "the commit extension needs an id")
		}
		c = x.Commit
	}
	return c, nil
}

// trialOf returns how a change waits for its confirmation; not at all without an
// extension.
func trialOf(c *ext.Commit) (t datastore.Trial, err error) {
	if c == nil {
		return t, nil
	}
	t = datastore.Trial{ID: c.GetId(), Timeout: defaultRollback}
	if d := c.GetCommit().GetRollbackDuration(); d != nil {
		t.Timeout, err = rollbackDuration(d)
	}
	return t, err
}

// rollbackDuration reads a duration that has to be given and above zero (the
// extension's section 3.2.4).
func rollbackDuration(d *durationpb.Duration) (time.Duration, error) {
	if d.CheckValid() != nil || d.AsDuration() <= 0 {
		return 0, status.Error(codes.InvalidArgument, "rollback_duration must be above zero")
	}
	return d.AsDuration(), nil
}

// commitOperation returns NETCONF's operation that does what the extension's action
// does: who may not run it there may not here.
func commitOperation(c *ext.Commit) access.Target {
	if _, cancels := c.GetAction().(*ext.Commit_Cancel); cancels {
		return access.Target{Module: "ietf-netconf", Operation: "cancel-commit"}
	}
	return access.Target{Module: "ietf-netconf", Operation: "commit"}
}

// settle performs the actions on a commit that waits; done is false for those
// that come with a change.
func (s *Server) settle(ctx context.Context, req *gpb.SetRequest, c *ext.Commit) (done bool, err error) {
	if c == nil {
		return false, nil
	}
	if err := s.access.Decide(caller(ctx).User, access.Exec, commitOperation(c)); err != nil {
		return true, err
	}
	if _, begins := c.GetAction().(*ext.Commit_Commit); begins {
		return false, nil
	}
	if len(req.GetDelete())+len(req.GetReplace())+len(req.GetUpdate())+len(req.GetUnionReplace()) > 0 {
		// Section 2: a commit cannot be amended once it is issued.
		return true, status.Error(codes.InvalidArgument, "confirm, cancel and set_rollback_duration change no configuration; send the change by itself")
	}
	actor := caller(ctx).actor()
	switch a := c.GetAction().(type) {
	case *ext.Commit_Confirm:
		return true, s.store.Confirm(ctx, actor, c.GetId())
	case *ext.Commit_Cancel:
		return true, s.store.CancelCommit(ctx, actor, c.GetId())
	case *ext.Commit_SetRollbackDuration:
		d, err := rollbackDuration(a.SetRollbackDuration.GetRollbackDuration())
		if err != nil {
			return true, err
		}
		return true, s.store.Prolong(ctx, actor, c.GetId(), d)
	}
	return true, status.Error(codes.InvalidArgument, "the commit extension names no action: commit, confirm, cancel or set_rollback_duration")
}
