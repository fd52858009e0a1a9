package diagram

import (
	"fmt"
	"io"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// Write writes the diagram of an implemented module of the set. It returns an
// error when the module is only imported, and those of w.
func Write(w io.Writer, set *schema.Set, m *schema.Module) error {
	if !m.Implemented {
		return fmt.Errorf("draw module %s: it is only imported", m.Name)
	}
	out := new(strings.Builder)
	out.WriteString("module: " + m.Name)
	writeRows(out, "  ", nodeRows(m, dataNodes(set.Root, m)))
	writeAugments(out, m, "augment")
	if len(m.RPCs) > 0 {
		out.WriteString("\n\n  rpcs:")
		writeRows(out, "    ", nodeRows(m, m.RPCs))
	}
	if len(m.Notifications) > 0 {
		out.WriteString("\n\n  notifications:")
		writeRows(out, "    ", nodeRows(m, m.Notifications))
	}
	writeStructures(out, m)
	writeAugments(out, m, "augment-structure")
	return flush(w, out)
}

func flush(w io.Writer, out *strings.Builder) error {
	out.WriteByte('\n')
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write diagram: %w", err)
	}
	return nil
}

// dataNodes are the module's nodes at the top of the data tree.
func dataNodes(root *schema.Node, m *schema.Module) []*schema.Node {
	var nodes []*schema.Node
	for _, n := range root.Children {
		if n.Module == m && n.Kind != schema.RPC && n.Kind != schema.Notification {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// writeAugments writes what the module adds to others; what it adds to itself
// is part of its own trees already.
func writeAugments(out *strings.Builder, m *schema.Module, keyword string) {
	separator := "\n\n"
	for _, a := range m.Augments {
		if a.Into == m || a.Keyword() != keyword {
			continue
		}
		out.WriteString(separator + "  " + keyword + " " + a.Argument() + ":")
		writeRows(out, "    ", augmentRows(a))
		separator = "\n"
	}
}

func writeStructures(out *strings.Builder, m *schema.Module) {
	last := schema.Root
	for _, n := range m.Structures {
		if n.Kind != last {
			out.WriteByte('\n')
		}
		last = n.Kind
		writeStructure(out, n, nodeRows(m, n.Children))
	}
}

var structureKeywords = map[schema.Kind]string{schema.Structure: "structure", schema.YangData: "yang-data"}

func writeStructure(out *strings.Builder, n *schema.Node, rows []*row) {
	out.WriteString("\n  " + structureKeywords[n.Kind] + " " + n.Name + ":")
	writeRows(out, "    ", rows)
}
