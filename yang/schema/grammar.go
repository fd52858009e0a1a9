package schema

import (
	"slices"
	"strings"
)

// rule says how often a substatement may stand in its parent.
type rule struct {
	min, max int  // max 0: any number
	v11      bool // YANG 1.1 only
}

// The substatements common to groups of statements.
const (
	gMeta     = " description? reference?"
	gDoc      = " status?" + gMeta
	gData     = " container* leaf* leaf-list* list* choice* anydata*~ anyxml* uses*"
	gScope    = " typedef* grouping*"
	gNested   = " action*~ notification*~"
	gNode     = " when? if-feature*" + gDoc
	gBody     = " extension* feature* identity* typedef* grouping* augment* rpc* notification* deviation*" + gData
	gHeader   = " yang-version? import* include* organization? contact? revision*" + gMeta + gBody
	gRestrict = " error-message? error-app-tag?" + gMeta
)

// grammar is RFC 7950 section 14 as tables: "!" exactly one, "?" at most one,
// "*" any number, "+" at least one; "~" YANG 1.1 only.
var grammar = parseGrammar(map[string]string{
	"module":            "namespace! prefix!" + gHeader,
	"submodule":         "belongs-to!" + gHeader,
	"import":            "prefix! revision-date? description?~ reference?~",
	"include":           "revision-date? description?~ reference?~",
	"belongs-to":        "prefix!",
	"revision":          gMeta,
	"extension":         "argument?" + gDoc,
	"argument":          "yin-element?",
	"feature":           "if-feature*" + gDoc,
	"identity":          "if-feature*~ base*" + gDoc,
	"typedef":           "type! units? default?" + gDoc,
	"grouping":          gDoc + gScope + gData + gNested,
	"container":         "must* presence? config?" + gNode + gScope + gData + gNested,
	"leaf":              "type! units? must* default? config? mandatory?" + gNode,
	"leaf-list":         "type! units? must* default*~ config? min-elements? max-elements? ordered-by?" + gNode,
	"list":              "must* key? unique* config? min-elements? max-elements? ordered-by?" + gNode + gScope + gData + gNested,
	"choice":            "default? config? mandatory? case* choice*~ container* leaf* leaf-list* list* anydata*~ anyxml*" + gNode,
	"case":              gNode + gData,
	"anydata":           "must* config? mandatory?" + gNode,
	"anyxml":            "must* config? mandatory?" + gNode,
	"uses":              "refine* augment*" + gNode,
	"refine":            "if-feature*~ must* presence? default* config? mandatory? min-elements? max-elements?" + gMeta,
	"augment":           "case*" + gNode + gData + gNested,
	"rpc":               "if-feature* input? output?" + gDoc + gScope,
	"action":            "if-feature* input? output?" + gDoc + gScope,
	"input":             "must*~" + gScope + gData,
	"output":            "must*~" + gScope + gData,
	"notification":      "if-feature* must*~" + gDoc + gScope + gData,
	"structure":         "must*" + gDoc + gScope + gData, // RFC 8791 section 2
	"augment-structure": "case*" + gDoc + gData,
	"yang-data":         gData, // RFC 8040 section 8
	"deviation":         "deviate+" + gMeta,
	"deviate":           "type? units? must* unique* default* config? mandatory? min-elements? max-elements?",
	"type":              "range? length? pattern* fraction-digits? enum* bit* path? require-instance? base* type*",
	"range":             gRestrict,
	"length":            gRestrict,
	"pattern":           "modifier?~" + gRestrict,
	"must":              gRestrict,
	"when":              gMeta,
	"enum":              "if-feature*~ value?" + gDoc,
	"bit":               "if-feature*~ position?" + gDoc,
	"yang-version":      "",
	"namespace":         "",
	"prefix":            "",
	"organization":      "",
	"contact":           "",
	"description":       "",
	"reference":         "",
	"revision-date":     "",
	"yin-element":       "",
	"if-feature":        "",
	"base":              "",
	"units":             "",
	"default":           "",
	"status":            "",
	"presence":          "",
	"config":            "",
	"mandatory":         "",
	"key":               "",
	"unique":            "",
	"min-elements":      "",
	"max-elements":      "",
	"ordered-by":        "",
	"fraction-digits":   "",
	"path":              "",
	"require-instance":  "",
	"modifier":          "",
	"error-message":     "",
	"error-app-tag":     "",
	"value":             "",
	"position":          "",
})

func parseGrammar(lines map[string]string) map[string]map[string]rule {
	out := make(map[string]map[string]rule, len(lines))
	for keyword, line := range lines {
		subs := map[string]rule{}
		for _, f := range strings.Fields(line) {
			f, v11 := strings.CutSuffix(f, "~")
			r := rule{v11: v11}
			switch f[len(f)-1] {
			case '!':
				r.min, r.max = 1, 1
			case '?':
				r.max = 1
			case '+':
				r.min = 1
			}
			subs[f[:len(f)-1]] = r
		}
		out[keyword] = subs
	}
	return out
}

// section is where a statement of a module's top level has to stand: header,
// linkage, meta, revisions, body, in this order.
var section = map[string]int{
	"yang-version": 1, "namespace": 1, "prefix": 1, "belongs-to": 1,
	"import": 2, "include": 2,
	"organization": 3, "contact": 3, "description": 3, "reference": 3,
	"revision": 4,
}

const bodySection = 5

// checkGrammar checks keywords, cardinality and arguments of a whole unit.
func (l *loader) checkGrammar(u *unit) {
	l.checkSections(u.root)
	l.checkStatement(u.root)
}

func (l *loader) checkSections(root *stmt) {
	last := 0
	for _, s := range root.subs {
		if s.isExtension() {
			continue
		}
		rank := section[s.keyword]
		if rank == 0 {
			rank = bodySection
		}
		if rank < last {
			l.errs.breaks(s, ruleGrammar, "stands after statements that have to follow it")
			return
		}
		last = rank
	}
}

func (l *loader) checkStatement(s *stmt) {
	l.checkArgument(s)
	allowed := grammar[s.keyword]
	count := make(map[string]int, len(s.subs))
	for _, sub := range s.subs {
		if sub.isExtension() {
			l.noteExtension(sub)
			continue
		}
		if l.checkPlacement(s, sub, allowed, count) {
			l.checkStatement(sub)
		}
	}
	for keyword, r := range allowed {
		if count[keyword] < r.min {
			l.errs.at(s, "lacks the substatement %s", keyword)
		}
	}
	if holders[s.keyword] && !slices.ContainsFunc(s.subs, (*stmt).isNode) {
		l.errs.at(s, "defines no nodes")
	}
}

// holders are the statements that have to define at least one node. So has augment,
// but published modules have some that are empty, and these do no harm.
var holders = map[string]bool{"list": true, "input": true, "output": true}

// isNode says whether the statement defines nodes.
func (s *stmt) isNode() bool {
	_, ok := kindsOfKeywords[s.keyword]
	return ok || s.keyword == "uses"
}

// checkPlacement says whether sub may stand in s as the count'th of its kind.
func (l *loader) checkPlacement(s, sub *stmt, allowed map[string]rule, count map[string]int) bool {
	r, ok := allowed[sub.keyword]
	switch {
	case !ok && grammar[sub.keyword] == nil:
		l.errs.breaks(sub, ruleGrammar, "is not a YANG statement")
		return false
	case !ok:
		l.errs.breaks(sub, ruleOf(s), "is not allowed in %s", s.keyword)
		return false
	case r.v11 && !s.unit.v11:
		l.errs.breaks(sub, ruleVersion, "in %s needs yang-version 1.1", s.keyword)
		return false
	}
	count[sub.keyword]++
	if r.max == 1 && count[sub.keyword] == 2 {
		l.errs.breaks(sub, ruleOf(s), "stands more than once in %s", s.keyword)
	}
	return true
}
