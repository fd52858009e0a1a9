package oracle

import (
	"errors"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// engine is the code under test, put together as the servers do.
type engine struct {
	set      *schema.Set
	kind     string // of documents
	rules    *validate.Validator
	contents []*schema.Node // of operations of the kind
	data     *tree.Tree     // that they are performed on
}

func newEngine(set *schema.Set, kind string) engine {
	rules := validate.New(set)
	if kind != "config" {
		rules = validate.NewWithState(set)
	}
	return engine{set, kind, rules, contents(set, kind), tree.New(set)}
}

func first(faults []*tree.Error) error {
	if len(faults) > 0 {
		return faults[0]
	}
	return nil
}

// faults returns all that is found to be wrong with the document.
func (e engine) faults(encoding, doc string) []*tree.Error {
	if contentOf[e.kind] != 0 {
		return e.operationFaults(encoding, doc)
	}
	_, faults := e.state(encoding, doc)
	return faults
}

// state returns the tree that a document holds, when it is valid.
func (e engine) state(encoding, doc string) (*tree.Tree, []*tree.Error) {
	decode := e.fromXML
	if encoding == "json" {
		decode = e.fromJSON
	}
	data, err := decode(doc)
	if err != nil {
		return nil, []*tree.Error{asFault(err)}
	}
	_, errs := e.rules.Check(nil, data)
	return data, errs
}

func asFault(err error) *tree.Error {
	var fault *tree.Error
	if errors.As(err, &fault) {
		return fault
	}
	return &tree.Error{Tag: tree.TagMalformedMessage, Message: err.Error()}
}

func (e engine) fromXML(doc string) (*tree.Tree, error) {
	return xml.Decode(e.set, []byte("<config>"+doc+"</config>"), xml.DecodeOptions{State: e.kind != "config"})
}

func (e engine) fromJSON(doc string) (*tree.Tree, error) {
	return json.Decode(e.set, []byte(doc), json.DecodeOptions{State: e.kind != "config"})
}
