package netconf

// The XML namespaces of the protocol.
const (
	nsBase          = "urn:ietf:params:xml:ns:netconf:base:1.0"         // RFC 6241
	nsNotification  = "urn:ietf:params:xml:ns:netconf:notification:1.0" // RFC 5277
	nsNotifications = "urn:ietf:params:xml:ns:netmod:notification"      // RFC 5277 section 3.4
	nsMonitoring    = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
	nsWithDefaults  = "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"
	nsNMDA          = "urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" // RFC 8526
	nsCompare       = "urn:ietf:params:xml:ns:yang:ietf-nmda-compare" // RFC 9144
	nsDatastores    = "urn:ietf:params:xml:ns:yang:ietf-datastores"   // RFC 8342
	nsHistory       = "https://mpk-security.optical.net/yang/mpk-security-history"
	nsYANG          = "urn:ietf:params:xml:ns:yang:1" // RFC 7950 section 13
)

// The protocol capabilities (RFC 6241 section 8, RFC 5277, RFC 6243 section 4.3,
// RFC 8526 section 3.1.1.2).
const (
	capBase10 = "urn:ietf:params:netconf:base:1.0"
	capBase11 = "urn:ietf:params:netconf:base:1.1"
)

var protocolCapabilities = []string{
	capBase10,
	capBase11,
	"urn:ietf:params:netconf:capability:writable-running:1.0",
	"urn:ietf:params:netconf:capability:candidate:1.0",
	"urn:ietf:params:netconf:capability:confirmed-commit:1.1",
	"urn:ietf:params:netconf:capability:rollback-on-error:1.0",
	"urn:ietf:params:netconf:capability:validate:1.1",
	"urn:ietf:params:netconf:capability:xpath:1.0",
	"urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim",
	"urn:ietf:params:netconf:capability:with-operational-defaults:1.0?basic-mode=report-all&also-supported=explicit,report-all-tagged,trim",
	"urn:ietf:params:netconf:capability:notification:1.0",
	"urn:ietf:params:netconf:capability:interleave:1.0",
}
