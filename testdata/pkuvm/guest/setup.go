package guest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// setUp makes the machine ready for a program.
func setUp(c Config) error {
	if err := mountAll(); err != nil {
		return err
	}
	for _, m := range c.Modules {
		if err := loadModule(m); err != nil {
			return fmt.Errorf("load %s: %w", m, err)
		}
	}
	if err := unix.Sethostname([]byte("pkuvm")); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	if err := bringUp(c.Network); err != nil {
		return err
	}
	return os.MkdirAll(c.Dir, 0o755)
}

func loadModule(file string) error {
	image, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return unix.InitModule(image, "")
}

// bringUp configures the interfaces. No route leads further: QEMU isolates
// its network, too.
func bringUp(network bool) error {
	commands := [][]string{{"link", "set", "lo", "up"}}
	if network {
		commands = append(commands,
			[]string{"addr", "add", Address + "/24", "dev", "eth0"},
			[]string{"link", "set", "eth0", "up"})
	}
	for _, args := range commands {
		if out, err := exec.Command("/bin/ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// openPort opens a virtio-serial port, which appears a moment after its
// driver. The descriptor stays in blocking mode: a write then returns only when
// the host has taken the data, so that nothing is lost at power-off.
func openPort(number int) (*os.File, error) {
	name := fmt.Sprintf("/dev/vport0p%d", number)
	for range 1000 {
		fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if err != unix.ENOENT && err != unix.ENXIO {
			return nil, fmt.Errorf("open %s: %w", name, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("open %s: the port did not appear", name)
}
