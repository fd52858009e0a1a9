package demo

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// maxSocketPath is what the kernel takes, unix(7).
const maxSocketPath = 107

// Config says what to start.
type Config struct {
	Executable string        // of this command; the daemon's is beside it
	Host       string        // of compartments, to run the services in; "" for the node in Go
	Data       string        // directory of the daemon's state
	NETCONF    string        // host and port for the daemon's flag; "" for none
	GNMI       string        // likewise
	User       string        // the first administrator
	Duration   time.Duration // 0 for until interrupted
	Interval   time.Duration // between lines of summary
	Out        io.Writer
	Palette    text.Palette
}

// daemon returns the daemon's executable.
func (c Config) daemon() string { return filepath.Join(filepath.Dir(c.Executable), "waveguardd") }

func (c Config) attachSocket() string { return filepath.Join(c.Data, "attach.sock") }

func (c Config) controlSocket() string { return ControlSocket(c.Data) }

// ControlSocket is where the node of a data directory listens.
func ControlSocket(data string) string { return filepath.Join(data, "demo.sock") }

func (c Config) daemonLog() string { return filepath.Join(c.Data, "waveguardd.log") }

func (c Config) nodeLog() string { return filepath.Join(c.Data, "demo-node.log") }

func (c Config) daemonArguments() []string {
	words := []string{"--data", c.Data, "--attach", c.attachSocket(), "--init-user", c.User}
	for _, f := range c.addressFlags() {
		if f.address != "" {
			words = append(words, f.name, f.address)
		}
	}
	return words
}

// addressFlag is a flag that says where the daemon listens.
type addressFlag struct {
	name, address string
	otherwise     string // where a new daemon listens without the flag
}

func (c Config) addressFlags() []addressFlag {
	return []addressFlag{{"--netconf", c.NETCONF, defaultNETCONF}, {"--gnmi", c.GNMI, defaultGNMI}}
}

func (c Config) nodeArguments() []string {
	return []string{"demo", "node", "--socket", c.attachSocket(), "--control", c.controlSocket()}
}

// prepare finds out, before anything is started, what would not work.
func (c Config) prepare() error {
	if _, err := os.Stat(c.daemon()); err != nil {
		return fmt.Errorf("find the daemon beside this command: %w; build both with \"make build\"", err)
	}
	if longest := max(len(c.attachSocket()), len(c.controlSocket())); longest > maxSocketPath {
		return fmt.Errorf("the data directory's path is too long: sockets in it would have %d bytes, at most %d are possible; choose another with --data",
			longest, maxSocketPath)
	}
	if err := c.findTaken(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w; choose another with --data", err)
	}
	return nil
}

// findTaken finds ports of a new daemon that are taken. One that has a
// configuration may listen elsewhere; it says itself what it cannot have.
func (c Config) findTaken() error {
	if _, err := os.Stat(filepath.Join(c.Data, "config")); err == nil {
		return nil
	}
	for _, f := range c.addressFlags() {
		if err := free(cmp.Or(f.address, f.otherwise)); err != nil {
			return fmt.Errorf("%w; stop what listens there (maybe another appliance), or choose another address with %s HOST:PORT", err, f.name)
		}
	}
	return nil
}

// free returns an error if an address can't be listened at.
func free(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return listener.Close()
}

// commandLine is how to type a command.
func commandLine(executable string, arguments ...string) string {
	words := append([]string{relative(executable)}, arguments...)
	for i, word := range words {
		if strings.ContainsAny(word, " \t\"'$\\*?[]();&|<>") {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// relative is a path as seen from here, if that is shorter.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || len(short) >= len(path) {
		return path
	}
	if !strings.Contains(short, "/") {
		short = "./" + short
	}
	return cmp.Or(short, path)
}
