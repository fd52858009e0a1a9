package pm

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// nodes are the definitions that bins are shown by, and leafs that many of their
// nodes share.
type nodes struct {
	root, state, current, historical    tree.Path
	currentPM, measurement              *schema.Node
	bin, historicalPM, ended            *schema.Node
	thresholds                          tree.Path
	threshold, thresholdConfig, counter *schema.Node
	crossing                            *schema.Node

	shared map[sharedLeaf]*tree.Leaf
}

type sharedLeaf struct {
	of          *schema.Node
	name, value string
}

const (
	module    = "mpk-security-pm"
	anomalies = "mpk-security-anomaly"
)

func newNodes(set *schema.Set) *nodes {
	top := model.Root(set)
	down := func(p tree.Path, module, name string) tree.Path {
		return append(p[:len(p):len(p)], schema.PathStep{Node: p.Schema().Child(module, name)})
	}
	n := &nodes{root: down(top, module, "performance-monitoring"), shared: map[sharedLeaf]*tree.Leaf{}}
	n.state, n.current, n.historical = down(n.root, module, "state"), down(n.root, module, "current-pm-list"), down(n.root, module, "historical-pm-list")
	n.currentPM = n.current.Schema().Child(module, "current-pm")
	n.measurement = n.currentPM.Child(module, "measurement")
	n.bin, n.historicalPM = n.historical.Schema().Child(module, "bin"), n.historical.Schema().Child(module, "historical-pm")
	n.ended = n.historicalPM.Child(module, "measurement")
	n.thresholds = down(top, anomalies, "thresholds")
	n.threshold = n.thresholds.Schema().Child(anomalies, "threshold")
	n.thresholdConfig = n.threshold.Child(anomalies, "config")
	n.counter = n.threshold.Child(anomalies, "state").Child(anomalies, "crossings")
	n.crossing = model.Notification(set, anomalies, "threshold-crossing")
	return n
}

// leaf returns a leaf that other nodes have as well.
func (n *nodes) leaf(of *schema.Node, name, value string) *tree.Leaf {
	k := sharedLeaf{of, name, value}
	l := n.shared[k]
	if l == nil {
		l = model.Leaf(of, name, value)
		n.shared[k] = l
	}
	return l
}

// time is leaf for a time, which is not kept when it is over: the caller shares
// it among the nodes that it makes at once.
func (n *nodes) time(of *schema.Node, name string, t time.Time) *tree.Leaf {
	return model.Leaf(of, name, model.Timestamp(t))
}

// keys adds what names a measurement.
func (n *nodes) keys(m *model.Node, of *schema.Node, k key) {
	m.Add(n.leaf(of, "resource-type", k.Type), n.leaf(of, "type", k.kind))
	m.Leaf("resource", k.Name)
}

// entryOf returns the path of a measurement's entry in a list.
func (n *nodes) entryOf(above tree.Path, list *schema.Node, k key) tree.Path {
	step := schema.PathStep{Node: list}
	for i, text := range []string{k.Type, k.Name, k.kind} {
		step.Keys = append(step.Keys, list.Keys[i].Type.Unchecked(text))
	}
	return append(above[:len(above):len(above)], step)
}

// binOf returns the path of a bin that ended in its list.
func (n *nodes) binOf(above tree.Path, list *schema.Node, g granularity, slot int) tree.Path {
	return append(above[:len(above):len(above)], schema.PathStep{Node: list, Keys: []schema.Value{
		list.Keys[0].Type.Unchecked(g.String()), list.Keys[1].Type.Unchecked(number(slot)),
	}})
}

// number is the bin-number of a slot.
func number(slot int) string { return strconv.Itoa(slot + 1) }

// crossingsOf returns the path of the counter of a threshold.
func (n *nodes) crossingsOf(name string) tree.Path {
	p := n.thresholds[:len(n.thresholds):len(n.thresholds)]
	return append(p,
		schema.PathStep{Node: n.threshold, Keys: []schema.Value{n.threshold.Keys[0].Type.Unchecked(name)}},
		schema.PathStep{Node: n.counter.DataParent}, schema.PathStep{Node: n.counter})
}
