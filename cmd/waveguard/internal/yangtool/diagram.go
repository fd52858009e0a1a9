package yangtool

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/optical-net/waveguard/yang/diagram"
)

// Diagram says what to draw.
type Diagram struct {
	Module string // the name of an implemented module
	Node   string // the schema path of the node to draw with what is around it; all when empty
	Depth  int    // levels to draw, of the whole module or below Node; 0 is all
}

// Draw writes a tree diagram (RFC 8340).
func (c *Schema) Draw(w io.Writer, d Diagram) error {
	var b bytes.Buffer
	if err := c.draw(&b, d); err != nil {
		return err
	}
	depth := d.Depth
	if depth > 0 && d.Node != "" {
		depth += strings.Count(d.Node, "/")
	}
	_, err := io.WriteString(w, shallow(b.String(), depth))
	return err
}

func (c *Schema) draw(w io.Writer, d Diagram) error {
	if d.Node == "" {
		m := c.Module(d.Module)
		if m == nil {
			return misused("there is no module %s; there are %s", d.Module, moduleNames(c.Set))
		}
		return diagram.Write(w, c.Set, m)
	}
	n, err := c.Find(d.Node)
	if err != nil {
		return misused("%v; write --node as /module:node/node", err)
	}
	return diagram.WriteNode(w, n)
}

// row matches the line of a node up to its flags.
var row = regexp.MustCompile(`^[ |]*[+xo]--`)

// shallow leaves out the nodes that are deeper than that many levels below the
// line that no node has.
func shallow(diagram string, depth int) string {
	if depth == 0 {
		return diagram
	}
	const step = len("|  ")
	var b strings.Builder
	top := 0
	for line := range strings.Lines(diagram) {
		at := len(row.FindString(line)) - len("+--")
		if at < 0 {
			top = -1 // the next row is at the top again
		} else if top < 0 {
			top = at
		}
		if at < top+depth*step {
			b.WriteString(line)
		}
	}
	return b.String()
}
