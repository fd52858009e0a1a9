package command

import (
	"context"
	"errors"
	"flag"
	"net"
	"path/filepath"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
)

func configCommand() *command {
	c := &command{
		name:    "config",
		summary: "show, compare, load, save and roll back the configuration, over NETCONF",
		about: `On the appliance itself no flags are needed: host key, user and password are found
in the daemon's data directory. Elsewhere the host key is compared with the known
hosts or with --host-key, and the keys of ssh-agent sign in.`,
		examples: []string{
			"waveguard config show",
			"waveguard config load --confirm 5m policy.json",
			"waveguard config rollback -1",
		},
	}
	return c.with(
		configShowCommand(), configDiffCommand(), configLoadCommand(), configSaveCommand(),
		configRollbackCommand(), configHistoryCommand(), configConfirmCommand(), configCancelCommand(),
	)
}

// sshFlags say how to reach an appliance over NETCONF.
type sshFlags struct {
	address, identity, hostKey, knownHosts string
}

func (f *sshFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.address, "netconf", f.address, "`HOST:PORT` of the appliance's NETCONF server (WAVEGUARD_NETCONF; default port 8830 at the host of --address)")
	flags.StringVar(&f.identity, "identity", f.identity, "`FILE` with the private key to sign in with (default the keys of ssh-agent)")
	flags.StringVar(&f.hostKey, "host-key", f.hostKey, "`FINGERPRINT` of the appliance's Ed25519 host key, SHA256:... (default the keys in DATA/ssh, else the known hosts)")
	flags.StringVar(&f.knownHosts, "known-hosts", f.knownHosts, "`FILE` with known host keys (default ~/.ssh/known_hosts)")
}

// defaultPort is the daemon's.
const defaultPort = "8830"

// netconf returns where the appliance is, and how to be known there.
func (f *sshFlags) netconf(s *session) netconf.Config {
	c := netconf.Config{
		Address: f.address, User: s.User, PasswordFile: s.PasswordFile, Identity: f.identity,
		Agent: s.Getenv("SSH_AUTH_SOCK"), HostKey: f.hostKey, KnownHosts: f.knownHosts, Data: s.Data,
	}
	if c.Address == "" {
		c.Address = s.Getenv("WAVEGUARD_NETCONF")
	}
	if host, _, err := net.SplitHostPort(s.Address); c.Address == "" && err == nil {
		c.Address = net.JoinHostPort(host, defaultPort)
	}
	if home := s.Getenv("HOME"); c.KnownHosts == "" && home != "" {
		c.KnownHosts = filepath.Join(home, ".ssh", "known_hosts")
	}
	return c
}

// open opens a session and learns the appliance's models, within the timeout, and
// runs f, which limits its requests itself: people may be asked in between.
func (f *sshFlags) open(ctx context.Context, s *session, run func(*config.Appliance) error) error {
	where := f.netconf(s)
	return f.connect(ctx, s, where, func(client *netconf.Client) error {
		var a *config.Appliance
		err := s.limited(ctx, func(ctx context.Context) (err error) {
			a, err = config.Open(ctx, client.Session)
			return err
		})
		if err != nil {
			return err
		}
		return run(a)
	})
}

func (f *sshFlags) connect(ctx context.Context, s *session, where netconf.Config, run func(*netconf.Client) error) error {
	var client *netconf.Client
	err := s.limited(ctx, func(ctx context.Context) (err error) {
		client, err = netconf.Dial(ctx, where, nil)
		return err
	})
	if err != nil {
		return interrupted(err)
	}
	err = run(client)
	// What was locked is given back by now; an answer to the farewell changes nothing.
	_ = s.limited(context.WithoutCancel(ctx), client.Close)
	return interrupted(err)
}

// interrupted says so in the words of people.
func interrupted(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New(strings.Replace(err.Error(), context.Canceled.Error(), "interrupted", 1))
}
