package guest

import (
	"encoding/json"
	"os"
)

// Paths in the guest's initial file system.
const (
	InitPath   = "/init"
	ConfigPath = "/etc/pkuvm.json"
	// Home is the root user's home, and the default working directory.
	Home = "/home"
)

// The virtio-serial ports, by number. Number 0 is reserved for a console.
const (
	StdoutPort = 1
	StderrPort = 2
	ReportPort = 3
)

// Address is the guest's address on QEMU's user network.
const Address = "10.0.2.15"

// Config tells the guest what to do.
type Config struct {
	// Modules are the kernel modules to load, in order, as files of the guest.
	Modules []string
	// Network has the first Ethernet interface brought up with Address.
	Network bool
	// Program is the file to run, Args its arguments, without its own name.
	Program string
	Args    []string
	// Env has entries KEY=VALUE that add to the guest's small default environment.
	Env []string
	// Dir is the working directory. It is created if it is missing.
	Dir string
}

// Encode returns what the guest expects to find at ConfigPath.
func (c Config) Encode() ([]byte, error) {
	return json.Marshal(c)
}

func readConfig() (c Config, err error) {
	b, err := os.ReadFile(ConfigPath)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(b, &c)
}
