package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// hostName is the program that runs services as compartments.
const hostName = "waveguard-host"

// services of the demonstration, the same in the node and in compartments.
var services = []string{"path-computation", "wavelength-assignment", "key-store", "performance-monitoring", "dashboard"}

// provider is the executable that provides the services.
func (c Config) provider() string {
	if c.Host != "" {
		return c.Host
	}
	return c.Executable
}

// objects returns the folder with the services' shared objects: beside the
// host, or where "make -C sdk/c install" puts them.
func (c Config) objects() (string, error) {
	beside := filepath.Join(filepath.Dir(c.Host), "demo")
	for _, folder := range []string{beside, filepath.Join(filepath.Dir(c.Host), "..", "lib", "waveguard", "demo")} {
		if _, err := os.Stat(filepath.Join(folder, services[0]+".so")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("find the services' shared objects in %s: there are none; build them with \"make sdk\"", beside)
}

// findHost makes the host's path the one that the kernel will tell the daemon.
func (c *Config) findHost() error {
	if c.Host == "" {
		return nil
	}
	path, err := filepath.Abs(c.Host)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return fmt.Errorf("find the compartment host: %w; build it with \"make sdk\", which leaves it in bin/csdk", err)
	}
	c.Host = path
	return nil
}

// nodeCommand is how the services are started.
func (c Config) nodeCommand() (*exec.Cmd, error) {
	if c.Host == "" {
		return exec.Command(c.Executable, c.nodeArguments()...), nil
	}
	folder, err := c.objects()
	if err != nil {
		return nil, err
	}
	command := exec.Command(c.Host, "--socket", c.attachSocket(), "--after-fault", "go-on")
	for _, name := range services {
		command.Args = append(command.Args, name+"="+filepath.Join(folder, name+".so"))
	}
	command.Env = append(os.Environ(), "WAVEGUARD_DEMO_CONTROL="+c.controlSocket())
	return command, nil
}

// appoint has the appliance take the services from who provides them now. A
// configuration that ties them to neither this command nor a host is left as it is.
func (d *demonstration) appoint(ctx context.Context) (err error) {
	client, err := d.dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	configured, err := client.Services(ctx)
	if err != nil {
		return err
	}
	var others []string
	for _, s := range configured.Data {
		ours := s.Executable == d.Executable || filepath.Base(s.Executable) == hostName
		if slices.Contains(services, s.Name) && ours && s.Executable != d.provider() {
			others = append(others, s.Name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return client.SetExecutable(ctx, d.provider(), others)
}

// dial returns a client of the daemon.
func (d *demonstration) dial() (*appliance.Client, error) {
	_, address := d.greeting.addresses()
	return appliance.Dial(appliance.Config{Address: address, User: d.User, Data: d.Data})
}
