package oracle

import (
	gojson "encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// The kinds of documents that are operations, by yanglint's names.
var contentOf = map[string]schema.Kind{"rpc": schema.Input, "reply": schema.Output, "notif": schema.Notification}

// contents returns the inputs, outputs or notifications of the set that the
// documents of a kind are made for: those that hold something.
func contents(set *schema.Set, kind string) (all []*schema.Node) {
	var visit func(n *schema.Node)
	visit = func(n *schema.Node) {
		if n.Kind == contentOf[kind] && len(n.DataChildren) > 0 {
			all = append(all, n)
		}
		for _, k := range n.Children {
			visit(k)
		}
	}
	if contentOf[kind] != 0 {
		visit(set.Root)
	}
	return all
}

// operationFaults returns all that is found to be wrong with an operation, within
// the data that e has.
func (e engine) operationFaults(encoding, doc string) []*tree.Error {
	read := e.operationFromXML
	if encoding == "json" {
		read = e.operationFromJSON
	}
	parent, content, op, err := read(doc)
	if err != nil {
		fault := *asFault(err)
		if content != nil { // whose paths begin inside
			fault.Path = slices.Concat(parent, tree.Path{{Node: operationNode(content)}}, fault.Path)
		}
		return []*tree.Error{&fault}
	}
	return e.rules.CheckOperation(e.data, parent, op)
}

func operationNode(content *schema.Node) *schema.Node {
	if content.Kind == schema.Notification {
		return content
	}
	return content.Parent
}

func (e engine) operationFromXML(doc string) (parent tree.Path, content *schema.Node, op *tree.Container, err error) {
	el, err := xml.Parse([]byte(doc), xml.Limits{})
	if err != nil {
		return nil, nil, nil, err
	}
	at := e.set.Root
	for {
		m := e.set.ModuleByNamespace(el.Name.Space)
		if content = e.content(at, m, el.Name.Local); content != nil {
			op, err = xml.DecodeInput(e.set, content, el)
			return parent, content, op, err
		}
		next, err := below(at, m, el.Name.Local)
		if err != nil || len(el.Children) == 0 {
			return nil, nil, nil, fmt.Errorf("there is no operation: %w", err)
		}
		step := schema.PathStep{Node: next}
		for i, k := range next.Keys {
			lex := schema.Lexical{Text: el.Children[i].Text, Module: k.Module, Root: e.set.Root, Prefix: func(prefix string) (*schema.Module, bool) {
				space, ok := el.Children[i].Resolve(prefix)
				return e.set.ModuleByNamespace(space), ok
			}}
			value, err := k.Type.Parse(lex)
			if err != nil {
				return nil, nil, nil, err
			}
			step.Keys = append(step.Keys, value)
		}
		parent, at, el = append(parent, step), next, el.Children[len(el.Children)-1]
	}
}

// below returns the node of that name below at.
func below(at *schema.Node, m *schema.Module, name string) (*schema.Node, error) {
	if m != nil {
		if next := at.Child(m.Name, name); next != nil {
			return next, nil
		}
	}
	return nil, fmt.Errorf("there is no node %q at %s", name, at.Path())
}

func (e engine) operationFromJSON(doc string) (parent tree.Path, content *schema.Node, op *tree.Container, err error) {
	at, value := e.set.Root, gojson.RawMessage(doc)
	for {
		name, inside, err := e.lastMember(at, value)
		if err != nil {
			return nil, nil, nil, err
		}
		module, local, _ := strings.Cut(name, ":")
		m := e.set.Module(module)
		if content = e.content(at, m, local); content != nil {
			op, err := json.DecodeInput(e.set, content, inside, json.DecodeOptions{})
			return parent, content, op, err
		}
		next, err := below(at, m, local)
		if err != nil {
			return nil, nil, nil, err
		}
		step := schema.PathStep{Node: next}
		if next.Kind == schema.List {
			var entries []gojson.RawMessage
			if err := gojson.Unmarshal(inside, &entries); err != nil {
				return nil, nil, nil, err
			}
			inside = entries[0]
			if step.Keys, err = e.jsonKeys(next, inside); err != nil {
				return nil, nil, nil, err
			}
		}
		parent, at, value = append(parent, step), next, inside
	}
}

// lastMember returns the only member of an object that is no key of at, with
// its module.
func (e engine) lastMember(at *schema.Node, object []byte) (name string, value []byte, err error) {
	var members map[string]gojson.RawMessage
	if err := gojson.Unmarshal(object, &members); err != nil {
		return "", nil, err
	}
	for name, value := range members {
		if slices.ContainsFunc(at.Keys, func(k *schema.Node) bool { return k.Name == name }) {
			continue
		}
		if !strings.Contains(name, ":") && at.Module != nil {
			name = at.Module.Name + ":" + name
		}
		return name, value, nil
	}
	return "", nil, fmt.Errorf("there is no operation")
}

// jsonKeys reads the keys of an entry, which has nothing else that is data.
func (e engine) jsonKeys(list *schema.Node, entry []byte) (keys []schema.Value, err error) {
	var members map[string]gojson.RawMessage
	if err := gojson.Unmarshal(entry, &members); err != nil {
		return nil, err
	}
	for _, k := range list.Keys {
		edits, err := json.DecodeNode(e.set, k, members[k.Name], json.DecodeOptions{State: true})
		if err != nil {
			return nil, err
		}
		keys = append(keys, edits[0].Value)
	}
	return keys, nil
}

// content returns what an operation of that name holds that stands below at, or nil.
func (e engine) content(at *schema.Node, m *schema.Module, name string) *schema.Node {
	for _, c := range e.contents {
		if op := operationNode(c); op.Module == m && op.Name == name && op.DataParent == at {
			return c
		}
	}
	return nil
}
