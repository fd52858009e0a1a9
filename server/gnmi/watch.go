package gnmi

import (
	"math"
	"slices"
	"strings"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// watch is one subscription, or the part of it that is treated alike.
type watch struct {
	prefix    *gpb.Path // of its notifications
	selectors []selector
	want      scope // values sent; nil: all

	onChange bool
	deletes  bool          // tell what is gone
	suppress bool          // samples without what did not change
	interval time.Duration // between samples; 0: none
	beat     time.Duration // between heartbeats; 0: none

	nextSample, nextBeat time.Time
	// sent is the version of the data that the client has; nil: none.
	sent *tree.Tree
}

// watchesOf compiles one subscription. The errors are INVALID_ARGUMENT,
// UNIMPLEMENTED for paths outside the schema, and PERMISSION_DENIED.
func (s *Server) watchesOf(c client, list *gpb.SubscriptionList, sub *gpb.Subscription, want scope) ([]*watch, error) {
	all, err := resolver{s.schema, list.GetPrefix(), codes.Unimplemented}.resolve(sub.GetPath())
	if err != nil {
		return nil, err
	}
	if err := s.readable(c, all); err != nil {
		return nil, err
	}
	w := watch{prefix: echo(list.GetPrefix(), sub.GetPath()), selectors: all, want: want, deletes: true}
	if list.GetMode() != gpb.SubscriptionList_STREAM {
		return []*watch{&w}, nil
	}
	return s.modes(w, sub)
}

// modes gives a watch of a stream its triggers.
func (s *Server) modes(w watch, sub *gpb.Subscription) ([]*watch, error) {
	interval, err := s.interval("sample_interval", sub.GetSampleInterval())
	if err != nil {
		return nil, err
	}
	if w.beat, err = s.interval("heartbeat_interval", sub.GetHeartbeatInterval()); err != nil {
		return nil, err
	}
	switch sub.GetMode() {
	case gpb.SubscriptionMode_ON_CHANGE:
		w.onChange = true
		return []*watch{&w}, nil
	case gpb.SubscriptionMode_SAMPLE:
		w.interval, w.suppress = interval, sub.GetSuppressRedundant()
		orDefault(&w.interval, s.limits.SampleInterval)
		if !w.suppress {
			w.beat = 0 // every sample is one
		}
		return []*watch{&w}, nil
	case gpb.SubscriptionMode_TARGET_DEFINED:
		if interval > 0 {
			return nil, status.Error(codes.InvalidArgument, "sample_interval is not for TARGET_DEFINED; use SAMPLE, or leave it out")
		}
		return s.targetDefined(w, sub), nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "subscription mode %v is not known", sub.GetMode())
}

// targetDefined samples what counts and sends everything else on change. Only
// the latter tells what is gone, counters among it.
func (s *Server) targetDefined(w watch, sub *gpb.Subscription) []*watch {
	events, counters := w, w
	events.want, events.onChange = w.want.and(isEvent), true
	counters.want, counters.deletes = w.want.and(isCounter), false
	counters.interval, counters.suppress = s.limits.CounterInterval, sub.GetSuppressRedundant()
	return []*watch{&events, &counters}
}

// isCounter says whether a leaf has a counter or gauge type of RFC 6991: its
// value changes all the time.
func isCounter(n *schema.Node) bool {
	return n.Type != nil && slices.ContainsFunc(n.Type.Typedefs, func(name string) bool {
		return strings.Contains(name, "counter") || strings.Contains(name, "gauge")
	})
}

func isEvent(n *schema.Node) bool { return !isCounter(n) }

// interval checks an interval in nanoseconds; 0 stays 0.
func (s *Server) interval(field string, ns uint64) (time.Duration, error) {
	least := s.limits.SampleInterval
	switch {
	case ns > math.MaxInt64:
		return 0, status.Errorf(codes.InvalidArgument, "%s of %d ns is too long; the most is %v", field, ns, time.Duration(math.MaxInt64))
	case ns > 0 && time.Duration(ns) < least:
		return 0, status.Errorf(codes.InvalidArgument, "%s of %v is too short; the least is %v", field, time.Duration(ns), least)
	}
	return time.Duration(ns), nil
}

// start sets the deadlines.
func (w *watch) start(now time.Time) {
	w.nextSample, w.nextBeat = now.Add(w.interval), now.Add(w.beat)
}

// next returns when the watch is due, the zero Time if it is not by time.
func (w *watch) next() (t time.Time) {
	if w.interval > 0 {
		t = w.nextSample
	}
	if w.beat > 0 && (t.IsZero() || w.nextBeat.Before(t)) {
		t = w.nextBeat
	}
	return t
}

// passed says whether a deadline was reached, and moves it on to the next that
// is still to come: those that went by while the client did not take anything
// are left out.
func passed(deadline *time.Time, every time.Duration, now time.Time) bool {
	if every == 0 || now.Before(*deadline) {
		return false
	}
	*deadline = deadline.Add((now.Sub(*deadline)/every + 1) * every)
	return true
}
