// Package bench measures the engine beside its peers, libyang and ygot, in one
// run: the same model, the same documents, on the same machine at the same time.
//
// Run with
//
//	go test -run '^$' -bench . ./testdata/bench
//
// Sub-benchmarks are named after who does the work. libyang's figures need the
// package libyang2-dev and a C compiler, yanglint's the package libyang2-tools;
// what is missing is skipped by name. What a peer does in process it measures
// itself; the figure is in the column that its unit names, ns/op being that of
// starting it.
package bench
