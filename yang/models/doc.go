// Package models carries the YANG modules of the appliance: its own, and
// the standard ones that its NETCONF server serves.
//
// Each file is named MODULE@REVISION.yang (RFC 7950 section 5.2). The folder
// is complete: every import of a module in it is satisfied from it.
package models
