// Package viewtest makes configuration trees of the mpk-security modules for
// tests, from one line for each leaf.
package viewtest
