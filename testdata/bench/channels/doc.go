// Package channels measures rings of shared memory beside a pipe, a Unix socket and gRPC, in one run:
//
//	go test -run '^$' -bench . ./testdata/bench/channels
package channels
