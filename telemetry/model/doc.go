// Package model has what alarms and performance monitoring share of the
// mpk-security modules: how a resource is named, and how nodes are read and made.
package model
