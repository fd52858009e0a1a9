package yangtool

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// Kind is what a document holds.
type Kind string

// The kinds.
const (
	Config       Kind = "config"       // configuration
	Data         Kind = "data"         // configuration and state
	RPC          Kind = "rpc"          // the request of an operation or action
	Reply        Kind = "reply"        // its reply
	Notification Kind = "notification" // a notification
)

// Kinds are all there are.
var Kinds = []string{string(Config), string(Data), string(RPC), string(Reply), string(Notification)}

// Message says what is around an operation or notification.
type Message struct {
	Kind Kind
	// Operation is the schema path of the operation that a reply answers.
	Operation string
	// Data is what references and conditions look at; nil is no data but the
	// instance that an action belongs to.
	Data *tree.Tree
}

// message is one that is being read.
type message struct {
	*Document
	schema *Schema
	about  Message

	parent tree.Path    // of the instance that an action or notification belongs to
	node   *schema.Node // the RPC, Action or Notification
	el     *xml.Element
	object []byte // in JSON
	offset int    // of object in the text
}

// ValidateMessage returns what is wrong with an operation or notification.
func (c *Schema) ValidateMessage(f *File, about Message) []Problem {
	m := &message{Document: &Document{File: f}, schema: c, about: about}
	if p := m.locate(); p != nil {
		return []Problem{*p}
	}
	content := m.decode()
	if len(m.faults) > 0 {
		return m.faults
	}
	data := about.Data
	if data == nil {
		ed := tree.NewEdit(c.Set)
		ed.At(m.parent)
		e := tree.New(c.Set).Edit()
		if err := e.Apply(ed, tree.Merge); err != nil {
			return []Problem{m.problem(err.(*tree.Error))}
		}
		data = e.Tree()
	}
	for _, v := range validate.NewWithState(c.Set).CheckOperation(data, m.parent, content) {
		p := problemOf(v)
		below := v.Path[min(len(v.Path), len(m.parent)+1):]
		m.faults = append(m.faults, p.at(f, m.find(below)))
	}
	return m.faults
}

// content returns the node whose content the message has.
func (m *message) content() *schema.Node {
	kind := map[Kind]schema.Kind{RPC: schema.Input, Reply: schema.Output}[m.about.Kind]
	for _, k := range m.node.DataChildren {
		if k.Kind == kind && m.about.Kind != Notification {
			return k
		}
	}
	return m.node
}

// decode reads the content and notes the faults.
func (m *message) decode() *tree.Container {
	report := func(fault *tree.Error, at Place) {
		p := problemOf(fault).at(m.File, at)
		if fault.Tag == tree.TagUnknownElement && len(fault.Path) == 0 {
			p.Hint = allowed(m.content(), fault)
		}
		p.Path = append(append(slices.Clone(m.parent), schema.PathStep{Node: m.node}), fault.Path...).String()
		m.faults = append(m.faults, p)
	}
	var c *tree.Container
	var err error
	if m.el != nil {
		m.elements = map[*tree.Edit]*xml.Element{}
		c, err = xml.DecodeInputWith(m.schema.Set, m.content(), m.el, xml.DecodeOptions{
			Placed: func(ed *tree.Edit, at *xml.Element) {
				m.elements[ed] = at
				m.begin(ed)
			},
			Report: func(at *xml.Element, fault *tree.Error) { report(fault, Place{at.Line, at.Column()}) },
		})
	} else {
		m.offsets = map[*tree.Edit]int{}
		c, err = json.DecodeInput(m.schema.Set, m.content(), m.object, json.DecodeOptions{
			Placed: func(ed *tree.Edit, at int) {
				m.offsets[ed] = m.offset + at
				m.begin(ed)
			},
			Report: func(at int, fault *tree.Error) { report(fault, m.placeOf(m.offset+at)) },
		})
	}
	if err != nil {
		report(err.(*tree.Error), m.placeOf(m.offset))
	}
	return c
}

// begin notes the edit of the content itself.
func (m *message) begin(ed *tree.Edit) {
	if ed.Schema == m.content() {
		m.edit = ed
	}
}

// locate finds the operation or notification in the document.
func (m *message) locate() *Problem {
	if m.about.Kind == Reply {
		n, err := m.schema.Find(m.about.Operation)
		if err != nil || n.Kind != schema.RPC && n.Kind != schema.Action {
			return &Problem{File: m.Name, Message: fmt.Sprintf("%q is no operation", m.about.Operation), Hint: "name the operation that is answered as --operation /module:name"}
		}
		m.node = n
	}
	if m.Format == JSON {
		return m.locateJSON()
	}
	root, err := xml.Parse(m.Text, xml.Limits{Bytes: maxBytes, Elements: maxNodes})
	if err != nil {
		m.syntax(err)
		return &m.faults[0]
	}
	return m.locateXML(root)
}

// envelopes are the elements that NETCONF puts around messages.
var envelopes = map[xml.Name]bool{
	{Space: xml.BaseNamespace, Local: "rpc"}:                                          true,
	{Space: xml.YangNamespace, Local: "action"}:                                       true,
	{Space: "urn:ietf:params:xml:ns:netconf:notification:1.0", Local: "notification"}: true,
}

func (m *message) locateXML(el *xml.Element) *Problem {
	if m.about.Kind == Reply {
		m.el = el
		return nil
	}
	for envelopes[el.Name] {
		inside := slices.DeleteFunc(slices.Clone(el.Children), func(k *xml.Element) bool { return k.Name.Local == "eventTime" && k.Name.Space == el.Name.Space })
		if len(inside) != 1 {
			return m.misplaced(el, fmt.Sprintf("<%s> has %s in it, not one", el.Name.Local, text.Counted(len(inside), "element")))
		}
		el = inside[0]
	}
	for at := m.schema.Root; ; {
		mod := m.schema.ModuleByNamespace(el.Name.Space)
		if mod == nil {
			return m.misplaced(el, fmt.Sprintf("no module has the namespace %q of <%s>", el.Name.Space, el.Name.Local))
		}
		if m.node = m.operation(at, mod, el.Name.Local); m.node != nil {
			m.el = el
			return nil
		}
		at = at.Child(mod.Name, el.Name.Local)
		if at == nil || at.Kind != schema.Container && at.Kind != schema.List {
			return m.misplaced(el, fmt.Sprintf("module %s has no %s %q here", mod.Name, m.about.Kind, el.Name.Local))
		}
		next, p := m.descend(at, el)
		if p != nil {
			return p
		}
		el = next
	}
}

// operation returns the operation or notification of that name below at, or nil.
func (m *message) operation(at *schema.Node, mod *schema.Module, name string) *schema.Node {
	candidates := at.Children
	if at.Kind == schema.Root {
		if candidates = mod.RPCs; m.about.Kind == Notification {
			candidates = mod.Notifications
		}
	}
	for _, n := range candidates {
		switch n.Kind {
		case schema.Choice, schema.Case:
			if found := m.operation(n, mod, name); found != nil {
				return found
			}
		case schema.RPC, schema.Action, schema.Notification:
			if n.Name == name && n.Module == mod && (n.Kind == schema.Notification) == (m.about.Kind == Notification) {
				return n
			}
		}
	}
	return nil
}

// descend adds the instance of at that el is to the parent's path, and returns
// the one element in it that is no key.
func (m *message) descend(at *schema.Node, el *xml.Element) (*xml.Element, *Problem) {
	step := schema.PathStep{Node: at}
	rest := slices.Clone(el.Children)
	for _, k := range at.Keys {
		key := el.Child(k.Module.Namespace, k.Name)
		if key == nil {
			return nil, m.misplaced(el, fmt.Sprintf("the key %q of the list %q is missing", k.Name, at.Name))
		}
		v, err := k.Type.Parse(schema.Lexical{Text: key.Text, Form: schema.XML, Module: k.Module, Root: m.schema.Root, Prefix: m.resolver(key)})
		if err != nil {
			return nil, m.misplaced(key, err.Error())
		}
		step.Keys = append(step.Keys, v)
		rest = slices.DeleteFunc(rest, func(e *xml.Element) bool { return e == key })
	}
	m.parent = append(m.parent, step)
	if len(rest) != 1 {
		return nil, m.misplaced(el, fmt.Sprintf("<%s> has %s in it beside its keys, not one", el.Name.Local, text.Counted(len(rest), "element")))
	}
	return rest[0], nil
}

func (m *message) resolver(el *xml.Element) func(string) (*schema.Module, bool) {
	return func(prefix string) (*schema.Module, bool) {
		space, ok := el.Resolve(prefix)
		mod := m.schema.ModuleByNamespace(space)
		return mod, ok && mod != nil
	}
}

func (m *message) misplaced(el *xml.Element, message string) *Problem {
	p := Problem{Message: message, Tag: string(tree.TagUnknownElement)}.at(m.File, Place{el.Line, el.Column()})
	return &p
}

// locateJSON finds {"module:name": {...}}. Actions, which belong to instances,
// are found in XML only.
func (m *message) locateJSON() *Problem {
	d := stdjson.NewDecoder(bytes.NewReader(m.Text))
	var name string
	var object stdjson.RawMessage
	open, err := d.Token()
	if err == nil && open == stdjson.Delim('{') {
		var key stdjson.Token
		if key, err = d.Token(); err == nil {
			name, _ = key.(string)
			err = d.Decode(&object)
		}
	}
	if err != nil || object == nil {
		return &Problem{File: m.Name, Message: "expected an object with one member, such as {\"module:name\": {...}}", Tag: string(tree.TagMalformedMessage)}
	}
	m.object, m.offset = object, int(d.InputOffset())-len(object)
	if m.about.Kind == Reply {
		return nil
	}
	module, local, _ := strings.Cut(name, ":")
	if mod := m.schema.Module(module); mod != nil {
		m.node = m.operation(m.schema.Root, mod, local)
	}
	if m.node == nil {
		return &Problem{File: m.Name, Message: fmt.Sprintf("%q is no %s of the modules", name, m.about.Kind), Tag: string(tree.TagUnknownElement), Hint: "give an action, or a notification of an instance, in XML"}
	}
	return nil
}
