package push

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// State returns what makes /streams and /subscriptions of RFC 8639 and
// /system-capabilities of RFC 9196; nil when the schema has not the modules. Each may
// return nil.
func (p *Publisher) State() []func() tree.Node {
	if p.model == nil {
		return nil
	}
	return []func() tree.Node{p.streams, p.subscriptions, p.capabilities}
}

func (p *Publisher) streams() tree.Node {
	list := p.model.streams.Child(moduleSN, "stream")
	var all []*tree.Container
	log, logged := p.Hub.Log()
	for _, name := range p.Streams {
		pairs := []string{"name", name, "description", "all notifications of the appliance"}
		if logged {
			pairs = append(pairs, "replay-support", "", "replay-log-creation-time", stamp(log.Created))
		}
		if !log.Aged.IsZero() {
			pairs = append(pairs, "replay-log-aged-time", stamp(log.Aged))
		}
		all = append(all, made(list, nil, pairs...))
	}
	return tree.NewContainer(p.model.streams, []tree.Node{tree.NewList(list, all)})
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// subscriptions returns nil when there are none.
func (p *Publisher) subscriptions() tree.Node {
	var all []*tree.Container
	for _, s := range p.present() {
		all = append(all, s.describe())
	}
	if len(all) == 0 {
		return nil
	}
	return tree.NewContainer(p.model.subscriptions, []tree.Node{tree.NewList(p.model.entry, all)})
}

// describe returns the entry of a subscription.
func (s *subscription) describe() *tree.Container {
	entry := s.owner.model.entry
	state := "active"
	if s.source.behind() {
		state = "suspended"
	}
	receivers := entry.Child(moduleSN, "receivers")
	one := made(receivers.Child(moduleSN, "receiver"), nil, "name", s.owner.name, "state", state,
		"sent-event-records", strconv.FormatUint(s.sent.Load(), 10), "excluded-event-records", strconv.FormatUint(s.excluded.Load(), 10))
	kids := append(transplanted(s.terms.Load().asked, entry),
		tree.NewContainer(receivers, []tree.Node{tree.NewList(one.Schema(), []*tree.Container{one})}))
	pairs := []string{"id", s.number()}
	if text(s.terms.Load().asked, moduleSN, "encoding") == "" {
		pairs = append(pairs, "encoding", moduleSN+":encode-xml")
	}
	return made(entry, kids, pairs...)
}
