package enforcement

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/gen/view"
)

// room says who takes how much of that for observed pairs. An owner is the processes that
// provide a service, one after another; one that provides several is that of the first
// by name. Where there is no more room, whoever has most gives some up to those that have less.
type room map[string]map[view.TransitionKey]struct{}

// owner is whose room the pairs take that this process's calls bring up.
func (a *attachment) owner() string {
	return slices.MinFunc(a.services, func(x, y hostedService) int { return strings.Compare(x.name, y.name) }).name
}

func (o *observations) put(key view.TransitionKey, pair *observed) {
	if o.room[pair.owner] == nil {
		o.room[pair.owner] = map[view.TransitionKey]struct{}{}
	}
	o.room[pair.owner][key] = struct{}{}
	o.pairs[key] = pair
}

func (o *observations) drop(key view.TransitionKey) {
	owner := o.pairs[key].owner
	delete(o.pairs, key)
	delete(o.room[owner], key)
	if len(o.room[owner]) == 0 {
		delete(o.room, owner)
	}
}

// remove drops the pairs that are meant.
func (o *observations) remove(meant func(view.TransitionKey) bool) {
	for key := range o.pairs {
		if meant(key) {
			o.drop(key)
		}
	}
}

// displace takes a pair from the owner that has most, for another one. It returns false
// if that would have as many then.
func (o *observations) displace(owner string) bool {
	most := owner
	for other, pairs := range o.room {
		if len(pairs) > len(o.room[most]) {
			most = other
		}
	}
	if len(o.room[most]) <= len(o.room[owner])+1 {
		return false
	}
	for key := range o.room[most] {
		pair := o.pairs[key]
		o.omitted += pair.permitted + pair.denied + pair.tolerated
		o.drop(key)
		break
	}
	o.shown = nil
	return true
}
