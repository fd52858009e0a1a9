// Package control is how the operator's command talks to a demonstration
// node: over a Unix socket that only the node's user may open, a line of JSON
// for a request and a line for its reply.
//
//	{"command":"status"}
//	{"status":{"process-id":4711,...}}
//	{"command":"violate","source":"dashboard","target":"key-store"}
//	{"violation":{"caught":true,"address":"0x7f32c4a01000",...}}
//	{"command":"violate","source":"dashboard","target":"nobody"}
//	{"error":"no service nobody; there are dashboard, key-store, ..."}
package control
