package gnmi

import (
	"context"
	"io"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/tree"
)

// errStopping ends subscriptions when the server does.
var errStopping = status.Error(codes.Unavailable, "the server is shutting down")

// Subscribe sends values once, when polled, or as they change and in intervals
// (gNMI specification section 3.5).
func (s *Server) Subscribe(rpc grpc.BidiStreamingServer[gpb.SubscribeRequest, gpb.SubscribeResponse]) error {
	release, err := s.quota.take(caller(rpc.Context()).Name)
	if err != nil {
		return err
	}
	defer release()
	first, err := rpc.Recv()
	if err != nil {
		return err
	}
	st, err := s.subscribe(rpc, first)
	if err != nil {
		return err
	}
	return st.run()
}

// stream is one Subscribe call. One goroutine runs it.
//
// It has no queue: it holds the version of the data that the client has, and
// when it is woken and the client has taken what was sent before, it sends what
// leads from there to the present. A client that is slow gets fewer versions.
type stream struct {
	*Server
	sender
	ctx     context.Context
	client  client
	mode    gpb.SubscriptionList_Mode
	silent  bool // updates_only
	watches []*watch
	seen    view // what the client may read, at the last look
	recv    func() (*gpb.SubscribeRequest, error)
}

// subscribe compiles the first request of a call.
func (s *Server) subscribe(rpc grpc.BidiStreamingServer[gpb.SubscribeRequest, gpb.SubscribeResponse], req *gpb.SubscribeRequest) (*stream, error) {
	list := req.GetSubscribe()
	if err := s.checkList(req, list); err != nil {
		return nil, err
	}
	want, err := s.useModels(list.GetUseModels())
	if err != nil {
		return nil, err
	}
	st := &stream{
		Server: s, ctx: rpc.Context(), client: caller(rpc.Context()), recv: rpc.Recv,
		mode: list.GetMode(), silent: list.GetUpdatesOnly(),
		sender: sender{send: rpc.Send, encoding: list.GetEncoding(), most: s.limits.UpdatesPerMessage},
	}
	for _, sub := range list.GetSubscription() {
		w, err := s.watchesOf(st.client, list, sub, want)
		if err != nil {
			return nil, err
		}
		st.watches = append(st.watches, w...)
	}
	return st, nil
}

func (s *Server) checkList(req *gpb.SubscribeRequest, list *gpb.SubscriptionList) error {
	if list == nil {
		return status.Error(codes.InvalidArgument, "the first request of a Subscribe call must have the field subscribe")
	}
	if err := checkExtensions(req.GetExtension()); err != nil {
		return err
	}
	switch n := len(list.GetSubscription()); {
	case n == 0:
		return status.Error(codes.InvalidArgument, "the list of subscriptions is empty")
	case n > s.limits.Subscriptions:
		return status.Errorf(codes.InvalidArgument, "%d subscriptions are too many for one call; at most %d are allowed", n, s.limits.Subscriptions)
	}
	if _, known := gpb.SubscriptionList_Mode_name[int32(list.GetMode())]; !known {
		return status.Errorf(codes.InvalidArgument, "subscription mode %v is not known", list.GetMode())
	}
	return checkEncoding(list.GetEncoding())
}

func (st *stream) run() error {
	switch st.mode {
	case gpb.SubscriptionList_ONCE:
		return st.snapshot()
	case gpb.SubscriptionList_POLL:
		return st.poll()
	}
	return st.follow()
}

// snapshot sends all values, or none if the client wants changes only, and says
// that it did.
func (st *stream) snapshot() error {
	now, data, err := st.present()
	if err != nil {
		return err
	}
	for _, w := range st.watches {
		if !st.silent {
			st.everything(w, now, data)
		}
	}
	return st.sync()
}

// poll sends all values at first and each time it is asked to.
func (st *stream) poll() error {
	requests := st.requests()
	for {
		if err := st.snapshot(); err != nil {
			return err
		}
		select {
		case r := <-requests:
			switch {
			case r.err == io.EOF:
				return nil
			case r.err != nil:
				return r.err
			case r.req.GetPoll() == nil:
				return status.Error(codes.InvalidArgument, "only poll can follow in a POLL subscription; use another call for other subscriptions")
			}
		case <-st.ctx.Done():
			return status.FromContextError(st.ctx.Err()).Err()
		case <-st.stopping.Done():
			return errStopping
		}
	}
}

// request is what the client sent, or why it will not send more.
type request struct {
	req *gpb.SubscribeRequest
	err error
}

// requests receives until an error, which is the last it gives.
func (st *stream) requests() <-chan request {
	c := make(chan request)
	go func() {
		for {
			req, err := st.recv()
			select {
			case c <- request{req, err}:
			case <-st.ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// present returns what the client may read of the operational data now.
func (st *stream) present() (time.Time, *tree.Tree, error) {
	data := st.store.Operational()
	now := time.Now()
	var err error
	st.seen, err = st.view(st.client, data)
	return now, st.seen.Tree, err
}

// everything sends all values of a watch.
func (st *stream) everything(w *watch, now time.Time, data *tree.Tree) {
	st.begin(now, w.prefix)
	root, want := tree.NewCursor(data, tree.ConfigAndState), st.seen.of(st.schema.Root, w.want)
	for _, sel := range w.selectors {
		sel.match(root, func(c *tree.Cursor) { st.names.leaves(c, want, st.update) })
	}
	w.sent = data
}
