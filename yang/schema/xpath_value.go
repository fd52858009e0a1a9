package schema

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/xpath"
)

// parseXPath returns the canonical form of an expression: prefixes are module
// names, names without prefix have inherited none, and everything else is as it was
// written. In XML a prefix has to stand for a known module.
func parseXPath(in Lexical) (string, error) {
	if in.Form != XML {
		text, err := xpath.Inherit(in.Text)
		if err != nil {
			return "", in.wrong("is not an XPath expression: %s", err)
		}
		return text, nil
	}
	text, err := xpath.Rename(in.Text, func(prefix string) (string, error) {
		module, ok := in.module(prefix)
		if !ok {
			return "", fmt.Errorf("prefix %q is bound to no known module", prefix)
		}
		return module, nil
	})
	if err != nil {
		return "", in.wrong("is not an XPath expression: %s", err)
	}
	return text, nil
}
