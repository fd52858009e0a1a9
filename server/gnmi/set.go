package gnmi

import (
	"context"
	"fmt"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// Set changes the configuration: all deletions, replacements and updates, in
// that order, are one transaction (gNMI specification section 3.4), for good or
// until it is confirmed (commit confirmed extension).
func (s *Server) Set(ctx context.Context, req *gpb.SetRequest) (*gpb.SetResponse, error) {
	if err := checkExtensions(req.GetExtension()); err != nil {
		return nil, err
	}
	commit, err := commitOf(req)
	if err != nil {
		return nil, err
	}
	if done, err := s.settle(ctx, req, commit); err != nil {
		return nil, toStatus(err)
	} else if done {
		return setResponse(req), nil
	}
	if len(req.GetUnionReplace()) > 0 {
		return nil, status.Error(codes.Unimplemented, "union_replace is not supported; use replace")
	}
	c, err := s.change(req)
	if err != nil {
		return nil, err
	}
	if c.trial, err = trialOf(commit); err != nil {
		return nil, err
	}
	if err := s.apply(ctx, caller(ctx), c); err != nil {
		return nil, toStatus(err)
	}
	return setResponse(req), nil
}

func setResponse(req *gpb.SetRequest) *gpb.SetResponse {
	return &gpb.SetResponse{Prefix: req.GetPrefix(), Response: results(req), Timestamp: time.Now().UnixNano()}
}

// actor is who the datastore sees at work.
func (c client) actor() datastore.Actor {
	return datastore.Actor{User: c.Name, Protocol: "gnmi", Source: c.source, Access: c.User}
}

// change is what a Set asks for.
type change struct {
	deletions []deletion
	edits     []*tree.Edit
	trial     datastore.Trial
}

// change reads the request. Errors are statuses that name the operation.
func (s *Server) change(req *gpb.SetRequest) (c change, err error) {
	e := editor{s.schema, resolver{s.schema, req.GetPrefix(), codes.NotFound}}
	if c.deletions, err = s.deletions(e, req.GetDelete()); err != nil {
		return c, err
	}
	for i, u := range req.GetReplace() {
		ed, err := e.edit(u, tree.Replace)
		if err != nil {
			return c, ofOperation("replace", i, err)
		}
		c.edits = append(c.edits, ed)
	}
	for i, u := range req.GetUpdate() {
		ed, err := e.edit(u, tree.Merge)
		if err != nil {
			return c, ofOperation("update", i, err)
		}
		c.edits = append(c.edits, ed)
	}
	return c, nil
}

// deletions reads a request's paths to delete.
func (s *Server) deletions(e editor, all []*gpb.Path) (deletions []deletion, err error) {
	searching := 0
	for i, path := range all {
		d, err := e.deletion(path)
		if err == nil && d.searches() {
			if searching++; searching > s.limits.Paths {
				err = status.Errorf(codes.InvalidArgument, "more than %d deletions in one call have wildcards or lack keys", s.limits.Paths)
			}
		}
		if err != nil {
			return nil, ofOperation("delete", i, err)
		}
		deletions = append(deletions, d)
	}
	return deletions, nil
}

// ofOperation says which operation of the request an error is about.
func ofOperation(field string, i int, err error) error {
	st := status.Convert(err)
	p := st.Proto()
	p.Message = fmt.Sprintf("%s %d: %s", field, i+1, p.Message)
	return status.FromProto(p).Err()
}

// apply makes the change. What the deletions' paths select is looked up in the
// running configuration; when that changed before the transaction began, once more.
func (s *Server) apply(ctx context.Context, c client, ch change) error {
	const tries = 3
	for try := 1; ; try++ {
		running := s.store.Running()
		var edits []*tree.Edit
		for _, p := range paths(running, ch.deletions) {
			edits = append(edits, remove(s.schema, p))
		}
		err := s.store.ApplyFor(ctx, c.actor(), ch.trial, append(edits, ch.edits...)...)
		if err == nil || len(edits) == 0 || try == tries || s.store.Running() == running {
			return err
		}
	}
}

// results lists the operations in the order they were performed.
func results(req *gpb.SetRequest) []*gpb.UpdateResult {
	var all []*gpb.UpdateResult
	for _, p := range req.GetDelete() {
		all = append(all, &gpb.UpdateResult{Path: p, Op: gpb.UpdateResult_DELETE})
	}
	for _, u := range req.GetReplace() {
		all = append(all, &gpb.UpdateResult{Path: u.GetPath(), Op: gpb.UpdateResult_REPLACE})
	}
	for _, u := range req.GetUpdate() {
		all = append(all, &gpb.UpdateResult{Path: u.GetPath(), Op: gpb.UpdateResult_UPDATE})
	}
	return all
}
