package telemetry

import (
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const module = "mpk-security"

// paths makes the paths of the entries that carry state.
type paths struct {
	system                                tree.Path
	observation                           tree.Path
	users, domains, services, transitions tree.Path // of the lists, without keys
	observed, channels                    tree.Path // likewise
}

func newPaths(set *schema.Set) *paths {
	at := func(names ...string) tree.Path {
		n := set.Root.Child(module, module)
		p := tree.Path{{Node: n}}
		for _, name := range names {
			n = n.Child("", name)
			p = append(p, schema.PathStep{Node: n})
		}
		return p
	}
	return &paths{
		system: at("system"), users: at("system", "users", "user"), domains: at("domains", "domain"),
		services: at("services", "service"), transitions: at("transitions", "transition"),
		channels: at("channels", "channel"), observation: at("observation"), observed: at("observation", "transitions", "transition"),
	}
}

func (p *paths) domain(name string) tree.Path  { return entry(p.domains, name) }
func (p *paths) service(name string) tree.Path { return entry(p.services, name) }
func (p *paths) channel(name string) tree.Path { return entry(p.channels, name) }

// consumer returns the path of a consumer's entry in a channel's.
func (p *paths) consumer(channel, service string) tree.Path {
	at := p.channel(channel)
	ends := at.Schema().Child(module, "consumer-ends")
	return entry(append(at, schema.PathStep{Node: ends}, schema.PathStep{Node: ends.Child(module, "consumer-end")}), service)
}

func (p *paths) transition(k view.TransitionKey) tree.Path {
	return entry(p.transitions, k.Source, k.Target)
}

// entry returns the path of a list's entry with these keys.
func entry(list tree.Path, keys ...string) tree.Path {
	last := list[len(list)-1]
	for i, k := range keys {
		last.Keys = append(last.Keys, last.Node.Keys[i].Type.Unchecked(k))
	}
	return append(list[:len(list)-1:len(list)-1], last)
}
