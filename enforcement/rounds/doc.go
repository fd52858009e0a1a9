// Package rounds looks after many things with one timer: each is visited once in a
// period, all of them one after another at the same moment, so that the processor is
// woken once for all.
package rounds
