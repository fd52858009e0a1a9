// Package history shows clients the configurations that were in force, and takes
// the appliance back to one of them: what module mpk-security-history describes.
// The revisions themselves are those of package datastore.
package history
