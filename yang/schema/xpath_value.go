package schema

import (
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/yang/xpath"
)

// parseXPath returns the canonical form of an expression: prefixes are module
// names, names without prefix have inherited none, and everything else is as it was
// written. A prefix has to stand for a known module.
func (t *Type) parseXPath(in Lexical) (text string, err error) {
	text = in.Text
	if in.Form != XML {
		text, err = xpath.Inherit(text)
	}
	if err == nil {
		text, err = t.RenamePrefixes(text, in.moduleOfPrefix)
	}
	if err != nil {
		return "", in.wrong("is not an XPath expression: %s", err)
	}
	return text, nil
}

// RenamePrefixes returns an expression that is a value of the type with each prefix
// replaced by what rename makes of it. Paths of access control (RFC 8341) keep their
// strings, which are key values; those of other expressions may name identities.
// Errors: those of rename.
func (t *Type) RenamePrefixes(text string, rename func(prefix string) (string, error)) (string, error) {
	if slices.Contains(t.Typedefs, "ietf-netconf-acm:node-instance-identifier") {
		return xpath.RenameNames(text, rename)
	}
	return xpath.Rename(text, rename)
}

// moduleOfPrefix returns the name of the module that a prefix stands for.
func (in Lexical) moduleOfPrefix(prefix string) (string, error) {
	if in.Form != XML {
		if set := in.set(); set != nil && set.Module(prefix) == nil {
			return "", fmt.Errorf("there is no module %q", prefix)
		}
		return prefix, nil
	}
	module, ok := in.module(prefix)
	if !ok {
		return "", fmt.Errorf("prefix %q is bound to no known module", prefix)
	}
	return module, nil
}

// set returns the schema that the value is read under, nil when that is unknown.
func (in Lexical) set() *Set {
	if in.Root == nil {
		return nil
	}
	return in.Root.Set()
}
