package diagram

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// scope is what a written node inherits from those around it.
type scope struct {
	status string
	flags  string   // "rw", or what holds for all below whatever their config
	keys   []string // of the list directly around
}

// augmentRows makes the rows of what an augment adds, as it is written.
func augmentRows(a *schema.Augment) []*row {
	in := scope{status: "+", flags: "rw"}
	if a.Target != nil {
		in.status, in.flags = statusSigns[a.Target.Status], flagsBelow(a.Target)
	}
	if in.flags == "--" {
		in.flags = "ro"
	}
	rows := writtenRows(a.Statement, in.below(a.Statement))
	if a.Target != nil && a.Target.Kind == schema.Choice {
		return wrapCases(rows)
	}
	return rows
}

// writtenRows makes the rows of the nodes in s as they are written: data nodes
// first, then actions, then notifications.
func writtenRows(s schema.Statement, in scope) []*row {
	var data, actions, notifications []*row
	for _, sub := range s.Substatements() {
		switch sub.Keyword() {
		case "container", "list", "leaf", "leaf-list", "choice", "case", "anydata", "anyxml", "uses":
			data = append(data, writtenRow(sub, in))
		case "input", "output":
			if r := writtenRow(sub, in); len(r.children) > 0 {
				data = append(data, r)
			}
		case "action":
			actions = append(actions, writtenRow(sub, in))
		case "notification":
			notifications = append(notifications, writtenRow(sub, in))
		}
	}
	if s.Keyword() == "choice" {
		data = wrapCases(data)
	}
	return slices.Concat(data, actions, notifications)
}

// wrapCases puts a case around what stands in a choice without one (RFC 7950
// section 7.9.2). Their types stay aligned with each other.
func wrapCases(rows []*row) []*row {
	column := typeColumn(rows)
	for i, r := range rows {
		if r.shape != caseShape {
			r.column = column
			rows[i] = &row{status: r.status, shape: caseShape, name: r.name, mark: r.mark, children: []*row{r}}
		}
	}
	return rows
}

func writtenRow(s schema.Statement, in scope) *row {
	below := in.below(s)
	r := &row{
		status: below.status, flags: in.flagsOf(s, below.flags), shape: writtenShapes[s.Keyword()], name: s.Argument(),
		mark: in.markOf(s), keys: strings.Join(below.keys, " "), typ: writtenType(s), features: arguments(s, "if-feature"),
	}
	if r.name == "" {
		r.name = s.Keyword() // input and output
	}
	r.children = writtenRows(s, below)
	return r
}

var writtenShapes = map[string]shape{"choice": choiceShape, "case": caseShape}

// below returns what the nodes in s inherit.
func (in scope) below(s schema.Statement) scope {
	out := in
	out.keys = strings.Fields(argument(s, "key"))
	if sign, ok := writtenStatus[argument(s, "status")]; ok {
		out.status = sign
	}
	switch config := argument(s, "config"); {
	case in.flags == "":
	case s.Keyword() == "input":
		out.flags = "-w"
	case s.Keyword() == "output" || s.Keyword() == "notification" || in.flags == "rw" && config == "false":
		out.flags = "ro"
	}
	return out
}

var writtenStatus = map[string]string{"current": "+", "deprecated": "x", "obsolete": "o"}

// flagsOf returns the flags of s itself; inside are those of the nodes in it.
func (in scope) flagsOf(s schema.Statement, inside string) string {
	switch keyword := s.Keyword(); {
	case in.flags == "": // RFC 8791 section 3: no flags
		return ""
	case isMountPoint(s):
		return "mp"
	case keyword == "uses":
		return "-u"
	case keyword == "action":
		return "-x"
	case keyword == "notification":
		return "-n"
	}
	return inside
}

// isMountPoint says whether other schemas can be mounted in s (RFC 8528 section 3.1).
func isMountPoint(s schema.Statement) bool {
	return slices.ContainsFunc(s.Substatements(), func(sub schema.Statement) bool {
		module, name := sub.Extension()
		return module == mountModule && name == mountName
	})
}

// markOf is what stands behind the name of s.
func (in scope) markOf(s schema.Statement) string {
	switch s.Keyword() {
	case "container":
		if len(arguments(s, "presence")) > 0 {
			return "!"
		}
	case "list", "leaf-list":
		return "*"
	case "leaf", "choice", "anydata", "anyxml":
		if argument(s, "mandatory") != "true" && !slices.Contains(in.keys, s.Argument()) {
			return "?"
		}
	}
	return ""
}

// writtenType is the type's name, or the path of a leafref.
func writtenType(s schema.Statement) string {
	switch s.Keyword() {
	case "anydata", "anyxml":
		return s.Keyword()
	}
	for _, sub := range s.Substatements() {
		if sub.Keyword() != "type" {
			continue
		}
		if path := argument(sub, "path"); path != "" {
			return "-> " + path
		}
		return sub.Argument()
	}
	return ""
}

// argument returns the argument of the first substatement of that keyword, or "".
func argument(s schema.Statement, keyword string) string {
	if all := arguments(s, keyword); len(all) > 0 {
		return all[0]
	}
	return ""
}

// arguments returns the arguments of the substatements of that keyword.
func arguments(s schema.Statement, keyword string) []string {
	var all []string
	for _, sub := range s.Substatements() {
		if sub.Keyword() == keyword {
			all = append(all, sub.Argument())
		}
	}
	return all
}
