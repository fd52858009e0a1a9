// Package ygotinv is what ygot makes of the benchmarks' model.
//
// Everything but this file is generated.
package ygotinv

//go:generate go run -trimpath github.com/openconfig/ygot/generator -path=../testdata -output_file=inventory.go -package_name=ygotinv -generate_fakeroot -fakeroot_name=device -include_schema=true ../testdata/inventory.yang
//go:generate go tool gofumpt -w inventory.go
