package alarm

import (
	"strings"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const module = "mpk-security-alarms"

// nodes are the definitions that alarms are shown by.
type nodes struct {
	set          *schema.Set
	state, list  tree.Path
	notification *schema.Node
}

func newNodes(set *schema.Set) *nodes {
	n := &nodes{set: set, notification: model.Notification(set, module, "alarm-notification")}
	top := model.Root(set)
	alarms := top.Schema().Child(module, "alarms")
	at := func(names ...string) tree.Path {
		p := append(top[:len(top):len(top)], schema.PathStep{Node: alarms})
		for _, name := range names {
			p = append(p, schema.PathStep{Node: p.Schema().Child(module, name)})
		}
		return p
	}
	n.state, n.list = at("state"), at("active-alarms", "active-alarm")
	return n
}

// longest is how long a text of an alarm can be.
const longest = 1024

// content makes an entry of the list, or the notification: they have the same
// leafs.
func (n *nodes) content(of *schema.Node, id string, a *alarm, severity string) *tree.Container {
	m := model.Of(of)
	m.Leaf("id", id)
	m.Leaf("resource-type", a.Resource.Type)
	m.Leaf("resource", a.Resource.Name)
	m.Leaf("resource-path", a.Resource.Path(n.set).String())
	m.Add(cause(m.Below("probable-cause"), a))
	m.Leaf("severity", severity)
	m.Leaf("raise-time", model.Timestamp(a.raised))
	m.Leaf("change-time", model.Timestamp(a.change))
	if a.Occurrences > 0 {
		m.Count("occurrences", a.Occurrences)
	}
	text(m, "additional-detail", a.Detail)
	text(m, "corrective-action", a.Action)
	return m.Container()
}

func cause(m *model.Node, a *alarm) *tree.Container {
	m.Leaf("cause", module+":"+a.Cause)
	text(m, "extension", a.Extension)
	text(m, "location", a.Location)
	text(m, "direction", a.Direction)
	return m.Container()
}

// text adds what is said in words, if anything is. Parts of it may come from
// outside: what the model does not admit is left out.
func text(m *model.Node, name, words string) {
	if words != "" {
		m.Text(name, strings.ToValidUTF8(words[:min(len(words), longest)], ""))
	}
}
