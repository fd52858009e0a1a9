// Package oracle compares this engine's verdicts on instance data with those of
// libyang, an independent implementation of YANG. It has nothing but tests:
// documents that are generated from many schemas, ways to write values, and
// cases that once differed or, for a reason that is told, differ still.
//
//	go test ./yang/internal/oracle -run TestGenerated/zoo -seed 17 -documents 1
package oracle
