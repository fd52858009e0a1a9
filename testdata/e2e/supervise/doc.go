// Package supervise starts, watches and ends processes on the machine where
// the appliance is tested, on behalf of a test that may run on another one.
//
// The test asks over TCP: one connection a request, a line of JSON for the
// request and a line for its reply.
//
//	{"op":"start","name":"daemon","args":["/tmp/bin/waveguardd","--data","/tmp/state"]}
//	{"pid":4711}
//	{"op":"look","name":"daemon"}
//	{"pid":4711,"running":true,"output":"ready\n"}
//
// Who can connect can run anything: it listens on a test's loopback address or
// in a virtual machine without a way out, and nowhere else.
package supervise
