package push

import (
	"fmt"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Establish makes the subscription that the input of establish-subscription asks
// for (RFC 8639 section 2.4.2) and returns the output. The input satisfies the
// schema. Errors are *Error and *tree.Error.
func (r *Receiver) Establish(input *tree.Container) (output *tree.Container, err error) {
	t, err := newTerms(input)
	if err != nil {
		return nil, r.model.refuse(establishing(input), err)
	}
	s, err := r.establish(t)
	if err != nil {
		return nil, r.model.refuse(establishing(input), err)
	}
	pairs := []string{"id", s.number()}
	if from := r.reach(); !t.start.IsZero() && t.start.Before(from) {
		pairs = append(pairs, "replay-start-time-revision", from.UTC().Format(time.RFC3339))
	}
	return made(r.model.establish.Output(), nil, pairs...), nil
}

// reach returns how far back the log has everything.
func (p *Publisher) reach() time.Time {
	log, _ := p.Hub.Log()
	if log.Aged.After(log.Created) {
		return log.Aged
	}
	return log.Created
}

func (r *Receiver) establish(t *terms) (*subscription, error) {
	if len(r.subs) >= r.Limits.PerReceiver {
		return nil, &refusal{reason: insufficientResources, message: fmt.Sprintf("a session can have %d subscriptions; end one first", r.Limits.PerReceiver)}
	}
	s := &subscription{owner: r}
	if err := s.start(t); err != nil {
		return nil, err
	}
	if err := r.enter(s); err != nil {
		s.source.close()
		return nil, err
	}
	if r.watch == nil {
		r.watch = r.Store.WatchInto(r.ready)
	}
	r.subs = append(r.subs, s)
	r.signal()
	return s, nil
}

// start checks the terms and makes the source that they ask for.
func (s *subscription) start(t *terms) (err error) {
	filter, entry, err := s.owner.filterOf(t)
	if err != nil {
		return err
	}
	if t.datastore == "" {
		s.source, err = s.owner.newEvents(s, t, filter)
	} else {
		s.source, err = s.owner.newUpdates(s, t, filter)
	}
	s.terms.Store(t)
	s.entry = entry
	return err
}

// filterOf returns the filter that the terms hold, or that they refer to, and the
// entry that this is in. Each is nil when there is none.
func (p *Publisher) filterOf(t *terms) (filter tree.Node, entry *tree.Container, err error) {
	if t.ref == "" {
		return t.filter, nil, nil
	}
	if entry = p.configured(t); entry == nil {
		return nil, nil, badFilter(fmt.Errorf("/filters has none with the name %q", t.ref))
	}
	for k := range entry.Children() {
		if !k.Schema().IsKey() {
			filter = k
		}
	}
	return filter, entry, nil
}

// configured returns the entry below /filters that the terms refer to, or nil.
func (p *Publisher) configured(t *terms) *tree.Container {
	list := p.model.streamFilters
	if t.datastore != "" {
		list = p.model.selections
	}
	name, err := list.Keys[0].ParseValue(t.ref)
	if err != nil {
		return nil
	}
	entry, _ := p.Store.Running().Find(tree.Path{{Node: list.DataParent}, {Node: list, Keys: []schema.Value{name}}}).(*tree.Container)
	return entry
}

// lookUp has a filter below /filters applied as it is now. RFC 8639 section 2.7.2:
// the receiver is told when it has changed, and when it is gone the subscription is.
func (s *subscription) lookUp() {
	t := s.terms.Load()
	if t == nil || t.ref == "" {
		return
	}
	if entry := s.owner.configured(t); entry == s.entry {
		return
	}
	if err := s.change(t); err != nil {
		s.end(filterUnavailable)
	}
}

// Modify changes a subscription (RFC 8639 section 2.4.3). The input satisfies the
// schema. Errors are *Error and *tree.Error; then nothing has changed.
func (r *Receiver) Modify(input *tree.Container) error {
	s := r.find(idIn(input))
	if s == nil {
		return r.model.refuse(modifying(input), noSuch(idIn(input)))
	}
	old := s.terms.Load()
	t, err := newTerms(modified(old.asked, input))
	switch {
	case err != nil:
	case (old.datastore == "") != (text(input, moduleYP, "datastore") == ""), old.onChange != t.onChange:
		err = &tree.Error{Tag: tree.TagInvalidValue, Message: "a subscription cannot become one of another kind; establish another one"}
	default:
		err = s.change(t)
	}
	return r.model.refuse(modifying(input), err)
}

// change puts other terms in force.
func (s *subscription) change(t *terms) error {
	filter, entry, err := s.owner.filterOf(t)
	if err != nil {
		return err
	}
	if err := s.source.change(t, filter); err != nil {
		return err
	}
	s.terms.Store(t)
	s.entry = entry
	n := made(s.owner.model.modified, transplanted(t.asked, s.owner.model.modified), "id", s.number())
	s.tell = append(s.tell, happened(n))
	s.owner.signal()
	return nil
}
