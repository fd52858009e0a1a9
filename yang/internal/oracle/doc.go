// Package oracle compares this engine's verdicts on instance data with those of
// libyang, an independent implementation of YANG. It has nothing but tests.
package oracle
