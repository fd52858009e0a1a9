package yangtool

import (
	"fmt"
	"io"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Style says how documents are written.
type Style struct {
	Format   Format
	Defaults string // one of Defaults
	Compact  bool   // on one line
}

// Defaults are the modes of RFC 6243 that a Style can have, the usual one first.
var Defaults = []string{"explicit", "trim", "report-all", "report-all-tagged"}

var modes = map[string]xml.Defaults{"trim": xml.Trim, "report-all": xml.ReportAll, "report-all-tagged": xml.ReportAllTagged}

// Write writes data as a document that ends with a line feed. Defaults of state are
// those of data that has state; configuration stays configuration. In XML, NETCONF's
// <data> is put around it unless it is known to be one element.
func Write(w io.Writer, t *tree.Tree, s Style) error {
	indent := "  "
	if s.Compact {
		indent = ""
	}
	mode, scope := modes[s.Defaults], tree.ConfigOnly
	if mode != xml.Explicit && holdsState(t.Root()) {
		scope = tree.ConfigAndState
	}
	var err error
	if s.Format == JSON {
		err = json.Encode(w, t.Root(), json.EncodeOptions{Defaults: mode, Scope: scope, Indent: indent})
	} else {
		err = writeXML(w, t, xml.EncodeOptions{Defaults: mode, Scope: scope, Indent: indent})
	}
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

func writeXML(w io.Writer, t *tree.Tree, opt xml.EncodeOptions) error {
	if opt.Defaults == xml.Explicit && roots(t) == 1 {
		return xml.Encode(w, t.Root(), opt)
	}
	line := ""
	if opt.Indent != "" {
		line = "\n"
	}
	if _, err := fmt.Fprintf(w, "<data xmlns=%q>%s", xml.BaseNamespace, line); err != nil {
		return err
	}
	if err := xml.Encode(w, t.Root(), opt); err != nil {
		return err
	}
	_, err := io.WriteString(w, line+"</data>")
	return err
}

// roots returns how many elements the data has at the top.
func roots(t *tree.Tree) int {
	n := 0
	for k := range t.Root().Children() {
		switch x := k.(type) {
		case *tree.List:
			n += x.Len()
		case *tree.LeafList:
			n += x.Len()
		default:
			n++
		}
	}
	return n
}
