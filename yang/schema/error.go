package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// maxErrors is how many errors one compilation reports.
const maxErrors = 20

// Error is one fault of a module, with its place.
type Error struct {
	File         string // as the file system names it; empty when no file is to blame
	Line, Column int    // 1-based; 0 when unknown
	Statement    string // the statement, keyword and argument; may be empty
	Message      string
	Rule         string // what is broken, "RFC 7950 section 7.8.2"; empty for limits and missing files
}

// Error returns "file:line:column: statement: message (rule)", without the parts that are unknown.
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	text := e.Message
	if e.Statement != "" {
		text = e.Statement + ": " + text
	}
	if e.Rule != "" {
		text += " (" + e.Rule + ")"
	}
	if place == "" {
		return text
	}
	return place + ": " + text
}

// errorList collects errors, each once: a grouping used twice has its faults once.
type errorList struct {
	list []*Error
	seen map[Error]bool
}

func (l *errorList) add(e *Error) {
	if len(l.list) >= maxErrors || l.seen[*e] {
		return
	}
	if l.seen == nil {
		l.seen = map[Error]bool{}
	}
	l.seen[*e] = true
	l.list = append(l.list, e)
}

// at reports that a statement breaks the rules of the section that defines it.
func (l *errorList) at(st *stmt, format string, args ...any) {
	l.breaks(st, ruleOf(st), format, args...)
}

// breaks reports that a statement breaks a rule.
func (l *errorList) breaks(st *stmt, rule, format string, args ...any) {
	l.add(&Error{
		File: st.unit.file, Line: st.line, Column: st.col,
		Statement: st.String(), Message: fmt.Sprintf(format, args...), Rule: rule,
	})
}

// err joins the errors in order of file and place; nil when there are none.
func (l *errorList) err() error {
	slices.SortStableFunc(l.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(l.list))
	for i, e := range l.list {
		errs[i] = e
	}
	return errors.Join(errs...)
}
