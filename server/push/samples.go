package push

import (
	"fmt"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
)

// samples sends all of a selection again and again (RFC 8641 section 3.1).
type samples struct {
	view
	period  time.Duration
	at      time.Time // of the next update
	failing bool      // the last one could not be made, which was logged
}

func newSamples(v view, t *terms) (*samples, error) {
	s := &samples{view: v, at: time.Now()}
	return s, s.schedule(t)
}

// schedule sets the period. Without an anchor, the next update is not put off.
func (s *samples) schedule(t *terms) error {
	if least := s.of.owner.Limits.Period; t.period < least {
		return &refusal{
			periodUnsupported, fmt.Sprintf("the period is %v; the shortest is %v", t.period, least),
			[]string{"period-hint", fmt.Sprint(int64(least / (10 * time.Millisecond)))},
		}
	}
	s.period = t.period
	now := time.Now()
	if t.anchor.IsZero() {
		if latest := now.Add(t.period); s.at.After(latest) {
			s.at = latest
		}
		return nil
	}
	since := now.Sub(t.anchor) % t.period // negative when the anchor is still to come
	if s.at = now.Add(-since); since > 0 {
		s.at = s.at.Add(t.period)
	}
	return nil
}

func (s *samples) next(now time.Time) (n notify.Notification, ok bool) {
	if s.over(now) || now.Before(s.at) {
		return n, false
	}
	missed := now.Sub(s.at) / s.period
	s.at = s.at.Add((missed + 1) * s.period)
	if !s.admitted(s.of.owner.model.update) {
		return n, false
	}
	n = s.sample()
	if missed == 0 {
		return n, true
	}
	// The update comes after what says that others did not.
	s.of.gap()
	s.of.tell = append(s.of.tell, n)
	s.of.sent.Add(1)
	return n, false
}

// sample returns the update of this moment.
func (s *samples) sample() notify.Notification {
	data, err := s.all()
	if err == nil {
		data, err = s.part(data)
	}
	if err != nil && !s.failing {
		s.of.owner.Logger.Error("make an update of a subscription", "receiver", s.of.owner.name, "id", s.of.id, "error", err)
	}
	if s.failing = err != nil; s.failing {
		data = nil
	}
	return s.update(data)
}

func (s *samples) due() time.Time { return earlier(s.at, s.stop) }

func (s *samples) close() {}

func (s *samples) behind() bool { return false }

func (s *samples) change(t *terms, filter tree.Node) error {
	next := *s
	if err := next.schedule(t); err != nil {
		return err
	}
	if err := next.retarget(t, filter); err != nil {
		return err
	}
	*s = next
	return nil
}
