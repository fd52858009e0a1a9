// Package appliance assembles the daemon from its parts: it binds the datastore
// to enforcement and telemetry, and puts the protocols in front.
package appliance
