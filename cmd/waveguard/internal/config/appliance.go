package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Appliance is one that a session is open with, and its models.
type Appliance struct {
	Schema  *yangtool.Schema
	session *netconf.Session
}

// Open learns the models of the appliance at the other end of a session.
func Open(ctx context.Context, session *netconf.Session) (*Appliance, error) {
	set, err := fetchSchema(ctx, session)
	if err != nil {
		return nil, err
	}
	return &Appliance{set, session}, nil
}

// The datastores that can be read.
const (
	Running     = "running"
	Candidate   = "candidate"
	Operational = "operational" // what is running, with state
)

const defaultsSpace = "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"

// Datastores are all there are.
var Datastores = []string{Running, Candidate, Operational}

// Selection is what to read of a datastore.
type Selection struct {
	// Path is an XPath expression, "" for all. The name of a module and its prefix
	// both stand for the module.
	Path     string
	Defaults string // a mode of RFC 6243; "" is explicit
}

// Read returns what the user may read of a datastore.
func (a *Appliance) Read(ctx context.Context, datastore string, s Selection) (*tree.Tree, error) {
	part := ""
	if s.Path != "" {
		part = `<filter type="xpath"` + a.bindings(s.Path) + ` select="` + escape(s.Path) + `"/>`
	}
	if s.Defaults != "" {
		part += `<with-defaults xmlns="` + defaultsSpace + `">` + escape(s.Defaults) + `</with-defaults>`
	}
	operation := `<get-config><source><` + datastore + `/></source>` + part + `</get-config>`
	if datastore == Operational {
		operation = `<get>` + part + `</get>`
	}
	reply, err := a.session.Call(ctx, operation)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", datastore, err)
	}
	return a.decode(descend(reply, dataName))
}

// bindings declares the prefixes that an expression may use.
func (a *Appliance) bindings(path string) string {
	var b strings.Builder
	seen := map[string]bool{}
	bind := func(prefix, space string) {
		if prefix != "" && !seen[prefix] && strings.Contains(path, prefix+":") {
			seen[prefix] = true
			b.WriteString(" xmlns:" + prefix + `="` + escape(space) + `"`)
		}
	}
	for _, m := range a.Schema.Modules {
		bind(m.Name, m.Namespace)
	}
	for _, m := range a.Schema.Modules {
		bind(m.Prefix, m.Namespace)
	}
	return b.String()
}

// decode reads the nodes in an element of a reply.
func (a *Appliance) decode(el *xml.Element) (*tree.Tree, error) {
	if el == nil {
		return nil, errors.New("the appliance answered without data")
	}
	root, err := xml.DecodeInput(a.Schema.Set, a.Schema.Root, el)
	if err != nil {
		return nil, fmt.Errorf("make sense of the appliance's answer: %w", err)
	}
	return tree.FromRoot(a.Schema.Set, root), nil
}

// Merged returns old with a document merged into it, as edit-config would.
func (a *Appliance) Merged(old, document *tree.Tree) (*tree.Tree, error) {
	e := old.Edit()
	for k := range document.Root().Children() {
		if err := e.Merge(nil, k); err != nil {
			return nil, err
		}
	}
	return e.Tree(), nil
}

// edit returns the <config> that makes new of old, both configurations.
func edit(old, new *tree.Tree) (string, error) {
	var b strings.Builder
	err := yangtool.WriteEdit(&b, old, new)
	return b.String(), err
}

// isTag says whether err is, or wraps, a refusal with one of the error-tags.
func isTag(err error, tags ...string) bool {
	var e *netconf.RPCError
	return errors.As(err, &e) && slices.Contains(tags, e.Tag)
}
