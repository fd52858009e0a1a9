// Package text writes for people: aligned tables, and colours where there is
// a terminal that shows them.
package text
