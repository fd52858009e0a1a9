package appliance

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// Version is what the appliance says of itself.
const Version = "0.1.0"

// Config says where the appliance keeps its state and where it listens.
type Config struct {
	Dir     string // state: configuration, keys, certificates, sockets
	NETCONF string // TCP address of NETCONF over SSH
	GNMI    string // TCP address of gNMI over TLS
	Attach  string // path of the attach socket; "" is Dir/attach.sock
	// Models are folders of modules to serve beside the appliance's own, as
	// --models takes them.
	Models []string
	// ModelsData is a file with data that those modules need before anybody can
	// configure them; "" gives none.
	ModelsData string

	// InitUser and InitPasswordFile name the first administrator, made when Dir
	// has no configuration yet. Without a file a password is generated.
	InitUser         string
	InitPasswordFile string
	// ClientCA is a file with certificates of authorities whose client
	// certificates gNMI accepts; "" accepts none.
	ClientCA string

	Logger *slog.Logger
	// Say prints a line for the person who started the daemon.
	Say func(format string, args ...any)
}

func (c *Config) attachSocket() string {
	if c.Attach != "" {
		return c.Attach
	}
	return filepath.Join(c.Dir, "attach.sock")
}

// prepare makes the state folder, which nobody else may read.
func (c *Config) prepare() error {
	if c.Dir == "" {
		return errors.New("--data names no folder for the state")
	}
	abs, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("find the state folder %s: %w", c.Dir, err)
	}
	c.Dir = abs
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the state folder; choose another with --data: %w", err)
	}
	if socket := c.attachSocket(); len(socket) > maxSocketPath {
		return fmt.Errorf("the path of the attach socket, %s, has %d characters; the system allows %d: choose a shorter one with --attach",
			socket, len(socket), maxSocketPath)
	}
	return nil
}

// maxSocketPath is what sun_path of unix(7) holds besides the final zero.
const maxSocketPath = 107

// password returns the first administrator's password, and whether it was made
// here. One made here is kept in a file that only the appliance's user can read.
func (c *Config) password() (password string, made bool, err error) {
	if c.InitPasswordFile != "" {
		password, err = readPassword(c.InitPasswordFile)
		return password, false, err
	}
	path := c.passwordFile()
	switch password, err = readPassword(path); {
	case err == nil:
		return password, false, nil
	case !errors.Is(err, os.ErrNotExist):
		return "", false, err
	}
	password = generatePassword()
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", false, fmt.Errorf("keep the administrator's password: %w", err)
	}
	return password, true, nil
}

func (c *Config) passwordFile() string { return filepath.Join(c.Dir, "admin-password") }
