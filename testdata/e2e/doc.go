// Package e2e tests the appliance as its users have it: the built daemon and
// the built command on a machine, stock clients beside it.
//
// TestSteps goes the way from a controller's edit-config to a gate that obeys
// on two machines, by the same code. The host has protection keys or does not;
// the virtual machine of testdata/pkuvm has, whatever the host. On each, a
// supervisor (package supervise) starts and ends the daemon and the
// demonstration node. The clients run on the host, against loopback
// ports: ncclient (clients/session.py), Juniper/go-netconf and gnmi_cli.
//
// With -v that test tells the story: what is done, by which command, and what
// came back. TestMakeRun and TestCopyAndPaste do what "make run" does on the
// host, and try the commands that it prints.
package e2e
