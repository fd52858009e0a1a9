package command

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/demo"
)

func demoStartCommand() *command {
	config := demo.Config{Interval: 5 * time.Second}
	return &command{
		name:    "start",
		summary: "start an appliance and a demonstration node, and tell what to try",
		about: `It starts waveguardd, which must be beside this command, and the node, as two
processes, and stops both at the end: after --duration, or when interrupted, with
status 0. The state of the appliance is kept in --data. No root is needed.`,
		examples: []string{
			"waveguard demo start",
			"waveguard demo start --host bin/csdk/waveguard-host",
			"waveguard demo start --data /tmp/try --netconf 127.0.0.1:1830 --gnmi 127.0.0.1:1339 --duration 30s",
		},
		flags: func(flags *flag.FlagSet) {
			flags.StringVar(&config.NETCONF, "netconf", config.NETCONF, "`HOST:PORT` for NETCONF over SSH (default 127.0.0.1:8830, then what is configured)")
			flags.StringVar(&config.GNMI, "gnmi", config.GNMI, "`HOST:PORT` for gNMI over TLS (default 127.0.0.1:9339, then what is configured)")
			flags.StringVar(&config.Host, "host", config.Host, "`FILE` of waveguard-host, to run the services in C, each in a compartment of its own (default the node in Go)")
			flags.DurationVar(&config.Duration, "duration", config.Duration, "`TIME` to go on for (default until interrupted)")
			flags.DurationVar(&config.Interval, "interval", config.Interval, "`TIME` between lines of summary")
		},
		run: func(ctx context.Context, s *session) (err error) {
			if config.Interval <= 0 || config.Duration < 0 {
				return s.misused("--interval and --duration are positive times such as 5s")
			}
			if config.Executable, err = executable(); err != nil {
				return err
			}
			config.Data, config.User, config.Out, config.Palette = s.Data, s.User, s.Stdout, s.palette()
			return demo.Run(ctx, config)
		},
	}
}

// executable is this program's file, as the kernel will tell the daemon.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this command's executable: %w", err)
	}
	return filepath.EvalSymlinks(path)
}
