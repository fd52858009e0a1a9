package netconf

import (
	"net/url"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// Features says which features of the protocol's own modules the server
// supports, and takes all others for supported. The schema that a [Config] has
// must be compiled with it, or clients are promised too much.
func Features(module, feature string) bool {
	have, own := features[module]
	return !own || slices.Contains(have, feature)
}

// features are those of the protocol's own modules: of ietf-netconf, what is behind
// protocolCapabilities, and url behind [Config] Files.
var features = map[string][]string{
	"ietf-netconf":                  {"writable-running", "candidate", "confirmed-commit", "rollback-on-error", "validate", "url", "xpath"},
	"ietf-subscribed-notifications": {"encode-xml", "replay", "subtree", "xpath"},
	"ietf-yang-push":                {"on-change"},
}

// moduleCapabilities are the capabilities that stand for operations of a module.
var moduleCapabilities = []struct{ module, capability string }{
	{"ietf-netconf-partial-lock", "urn:ietf:params:netconf:capability:partial-lock:1.0"},
	{"ietf-netconf-private-candidate", capPrivate + "?supported-resolution-modes=revert-on-conflict,prefer-candidate,prefer-running"},
}

// capabilities returns what the server's hello announces: the protocol's
// capabilities, the library's, and one for each implemented module.
func capabilities(set *schema.Set, l *library) []string {
	caps := slices.Clone(protocolCapabilities)
	for _, c := range moduleCapabilities {
		if m := set.Module(c.module); m != nil && m.Implemented {
			caps = append(caps, c.capability)
		}
	}
	if l != nil {
		caps = append(caps, l.capabilities(set)...)
	}
	for _, m := range set.Modules {
		if m.Implemented {
			caps = append(caps, moduleCapability(m))
		}
	}
	return caps
}

// moduleCapability returns the form of RFC 6020 section 5.6.4. Modules of YANG
// 1.1 are announced in the same way, because controllers that don't read the
// YANG library know of no other.
func moduleCapability(m *schema.Module) string {
	var b strings.Builder
	b.WriteString(m.Namespace + "?module=" + url.QueryEscape(m.Name))
	if m.Revision != "" {
		b.WriteString("&revision=" + m.Revision)
	}
	if features := supported(m.Features); len(features) > 0 {
		b.WriteString("&features=" + strings.Join(features, ","))
	}
	if len(m.Deviations) > 0 {
		b.WriteString("&deviations=" + strings.Join(m.Deviations, ","))
	}
	return b.String()
}

func supported(features map[string]bool) []string {
	var names []string
	for name, on := range features {
		if on {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
