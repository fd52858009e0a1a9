// Package demo starts an appliance and a demonstration node for a person to
// try, tells what runs and what to try, and stops both at the end.
//
//	starting ──> daemon answers ──> node attached ──> running ──> stopped
//	    │               │                 │              │
//	    └───────────────┴── a child ended ┘              ├─ the daemon ends: told, the node goes on
//	              failed, with its last words            └─ the node ends: failed, with its last words
package demo
