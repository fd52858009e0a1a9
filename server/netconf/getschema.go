package netconf

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xml"
)

// schemaText is one module or submodule as get-schema serves it.
type schemaText struct {
	name, revision, namespace string
	source                    []byte
}

// schemaTexts lists all modules, those only imported too, and their submodules.
func schemaTexts(set *schema.Set) []schemaText {
	var all []schemaText
	for _, m := range set.Modules {
		all = append(all, schemaText{m.Name, m.Revision, m.Namespace, m.Source})
		for _, sub := range m.Submodules {
			all = append(all, schemaText{sub.Name, sub.Revision, m.Namespace, sub.Source})
		}
	}
	return all
}

// getSchema returns the text of a module or submodule (RFC 6022 section 3.1).
func (s *Session) getSchema(_ context.Context, p *params) (body, error) {
	if _, err := p.require("identifier"); err != nil {
		return nil, err
	}
	name, err := p.text("identifier", "")
	if err != nil {
		return nil, err
	}
	if err := mustBeYANG(p.get("format")); err != nil {
		return nil, err
	}
	text, err := s.findSchema(name, p)
	if err != nil {
		return nil, err
	}
	return func(b *bytes.Buffer) error {
		b.WriteString(`<data xmlns="` + nsMonitoring + `">`)
		writeText(b, string(text.source))
		b.WriteString("</data>")
		return nil
	}, nil
}

func (s *Session) findSchema(name string, p *params) (schemaText, error) {
	version, err := p.text("version", "")
	if err != nil {
		return schemaText{}, err
	}
	var found []schemaText
	for _, t := range s.server.monitor.texts {
		if t.name == name && (p.get("version") == nil || t.revision == version) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return schemaText{}, protocolError(tagInvalidValue,
			fmt.Sprintf("there is no schema %q%s; netconf-state/schemas lists them", name, revisionHint(p, version)), "bad-element", "identifier")
	}
	return schemaText{}, notUnique(name, found)
}

func revisionHint(p *params, version string) string {
	if p.get("version") == nil {
		return ""
	}
	return fmt.Sprintf(" of version %q", version)
}

func notUnique(name string, found []schemaText) error {
	var versions []string
	for _, t := range found {
		versions = append(versions, t.revision)
	}
	err := protocolError(tagOperationFailed, fmt.Sprintf("schema %q has the versions %s: name one", name, strings.Join(versions, ", ")))
	err.(*rpcError).fault.AppTag = "data-not-unique"
	return err
}

// mustBeYANG accepts an absent format or the identity ncm:yang. A value without
// a prefix is the module's own.
func mustBeYANG(format *xml.Element) error {
	if format == nil {
		return nil
	}
	prefix, local, ok := strings.Cut(format.TrimmedText(), ":")
	if !ok {
		prefix, local = "", prefix
	}
	space, bound := format.Resolve(prefix)
	if local == "yang" && bound && space == nsMonitoring {
		return nil
	}
	return protocolError(tagInvalidValue, fmt.Sprintf("schemas are available in the format yang only, not %q", format.TrimmedText()), "bad-element", "format")
}
