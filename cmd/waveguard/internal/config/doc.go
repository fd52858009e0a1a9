// Package config reads and changes the configuration of an appliance over NETCONF,
// as trees of the models that the appliance serves.
package config
