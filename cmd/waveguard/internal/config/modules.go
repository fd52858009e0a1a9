package config

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/xml"
)

const (
	librarySpace    = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
	monitoringSpace = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
)

// module is one of the YANG library (RFC 8525).
type module struct {
	name, revision string
	implemented    bool
	features       []string
	submodules     []module
}

// at returns NAME@REVISION, or NAME.
func (m module) at() string {
	if m.revision == "" {
		return m.name
	}
	return m.name + "@" + m.revision
}

// fetchSchema compiles the models that the server serves: those of a daemon can be
// others than this command was built with.
func fetchSchema(ctx context.Context, session *netconf.Session) (*yangtool.Schema, error) {
	reply, err := session.Call(ctx, `<get><filter type="subtree"><yang-library xmlns="`+librarySpace+`"/></filter></get>`)
	if err != nil {
		return nil, fmt.Errorf("read the YANG library: %w", err)
	}
	modules, err := libraryOf(reply)
	if err != nil {
		return nil, err
	}
	served := yangtool.Served{Texts: map[string][]byte{}}
	on := map[string][]string{}
	for _, m := range modules {
		if m.implemented {
			served.Implement = append(served.Implement, m.at())
			on[m.name] = m.features
		}
	}
	// RFC 7950 section 5.6.1: features of a module that is only imported are off,
	// unless the library says otherwise.
	served.Features = func(module, feature string) bool { return slices.Contains(on[module], feature) }
	if err := fetchTexts(ctx, session, modules, served.Texts); err != nil {
		return nil, err
	}
	set, err := served.Compile()
	if err != nil {
		return nil, fmt.Errorf("compile the models that the appliance serves: %w", err)
	}
	return set, nil
}

// fetchTexts asks for all modules and submodules at once.
func fetchTexts(ctx context.Context, session *netconf.Session, modules []module, texts map[string][]byte) error {
	var all []module
	for _, m := range modules {
		all = append(append(all, m), m.submodules...)
	}
	var operations []string
	for _, m := range all {
		version := ""
		if m.revision != "" {
			version = "<version>" + escape(m.revision) + "</version>"
		}
		operations = append(operations, `<get-schema xmlns="`+monitoringSpace+`"><identifier>`+escape(m.name)+`</identifier>`+version+`</get-schema>`)
	}
	replies, err := session.Calls(ctx, operations...)
	if err != nil {
		return fmt.Errorf("read the models that the appliance serves: %w", err)
	}
	for i, reply := range replies {
		data := reply.Child(monitoringSpace, "data")
		if data == nil {
			return fmt.Errorf("the appliance answered the request for module %s without its text", all[i].at())
		}
		texts[all[i].at()] = []byte(data.Text)
	}
	return nil
}

// libraryOf reads the modules in a reply.
func libraryOf(reply *xml.Element) ([]module, error) {
	library := descend(reply, dataName, xml.Name{Space: librarySpace, Local: "yang-library"})
	if library == nil {
		return nil, errors.New("the server has no YANG library (RFC 8525), so that its models are not known; is it a Waveguard appliance, and may the user read /yang-library?")
	}
	var all []module
	seen := map[string]bool{}
	for _, set := range library.Children {
		if set.Name.Local != "module-set" {
			continue
		}
		for _, el := range set.Children {
			implemented := el.Name.Local == "module"
			if !implemented && el.Name.Local != "import-only-module" {
				continue
			}
			m := moduleOf(el)
			m.implemented = implemented
			if !seen[m.at()] {
				seen[m.at()] = true
				all = append(all, m)
			}
		}
	}
	return all, nil
}

func moduleOf(el *xml.Element) module {
	m := module{name: textIn(el, "name"), revision: textIn(el, "revision")}
	for _, c := range el.Children {
		switch c.Name.Local {
		case "feature":
			m.features = append(m.features, c.TrimmedText())
		case "submodule":
			m.submodules = append(m.submodules, moduleOf(c))
		}
	}
	return m
}

// dataName is what get, get-config and their like answer with.
var dataName = xml.Name{Space: xml.BaseNamespace, Local: "data"}

// descend follows names down, each the first child of that name; nil if one is
// missing.
func descend(el *xml.Element, names ...xml.Name) *xml.Element {
	for _, name := range names {
		if el == nil {
			return nil
		}
		el = el.Child(name.Space, name.Local)
	}
	return el
}

// textIn returns the text of a child in the same namespace, "" for none.
func textIn(el *xml.Element, name string) string {
	if c := el.Child(el.Name.Space, name); c != nil {
		return c.TrimmedText()
	}
	return ""
}

// escape returns text as content of an element or of an attribute in double quotes.
func escape(text string) string { return string(xml.AppendAttrValue(nil, text)) }
