package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// introduce tells what runs and what to try.
func (d *demonstration) introduce(ctx context.Context) error {
	status, err := d.askNode(ctx)
	if err != nil {
		return err
	}
	d.attached = status.Attached
	d.say(text.Bold, "\nThe appliance is up.")
	err = errors.Join(
		text.WritePairs(d.Out, d.whatRuns(status)...),
		d.write(text.Bold, "\nTry next, in another terminal:"),
		d.write(text.Plain, d.whatToTry()),
	)
	if err != nil {
		return err
	}
	return d.write(text.Bold, "It runs "+d.until()+".")
}

func (d *demonstration) write(style text.Style, s string) error {
	_, err := fmt.Fprintln(d.Out, d.Palette.Paint(style, s))
	return err
}

func (d *demonstration) until() string {
	if d.Duration > 0 {
		return "for " + d.Duration.String() + ", or until ^C"
	}
	return "until ^C"
}

func (d *demonstration) whatRuns(status *control.Status) []text.Pair {
	var services []string
	for _, s := range status.Services {
		services = append(services, s.Name)
	}
	netconf, gnmi := d.greeting.addresses()
	pairs := []text.Pair{
		{Name: "daemon", Value: fmt.Sprintf("process %d, log in %s\nNETCONF over SSH on %s, gNMI over TLS on %s\nservices attach at %s",
			d.daemon.pid(), relative(d.daemonLog()), netconf, gnmi, relative(d.attachSocket()))},
		{Name: "node", Value: fmt.Sprintf("process %d, one process with the services\n%s\nlog in %s, control socket %s",
			d.node.pid(), strings.Join(services, ", "), relative(d.nodeLog()), relative(d.controlSocket()))},
		{Name: "walls", Value: fmt.Sprintf("%s (backend %s, %d hardware keys)\n%s", status.Strength, status.Backend, status.Keys, appliance.Meaning(status.Strength))},
		{Name: "administrator", Value: fmt.Sprintf("%s, password in %s", d.User, relative(d.password()))},
	}
	if missing := missing(status); missing != "" {
		pairs = append(pairs, text.Pair{Name: "missing", Value: missing})
	}
	return pairs
}

func (d *demonstration) password() string { return filepath.Join(d.Data, "admin-password") }

// missing names what this host does not give.
func missing(status *control.Status) string {
	var lines []string
	if status.Keys == 0 {
		lines = append(lines, "protection keys: this CPU has none, or the system keeps them (\"make run-vm\" shows them in a virtual machine)")
	}
	if os.Getuid() != 0 {
		lines = append(lines, "root: ports below 1024, and services of other users, are out of reach")
	}
	return strings.Join(lines, "\n")
}

// whatToTry is for copy and paste.
func (d *demonstration) whatToTry() string {
	netconf, gnmi := d.greeting.addresses()
	host, port, err := net.SplitHostPort(netconf)
	if err != nil {
		host, port = netconf, "830"
	}
	command := func(arguments ...string) string {
		if relative(d.Data) != "./.waveguard" {
			arguments = append(arguments, "--data", relative(d.Data))
		}
		return commandLine(d.Executable, arguments...)
	}
	online := func(arguments ...string) string {
		if gnmi != defaultGNMI {
			arguments = append(arguments, "--address", gnmi)
		}
		return command(arguments...)
	}
	overNETCONF := func(arguments ...string) string {
		if netconf != defaultNETCONF {
			arguments = append(arguments, "--netconf", netconf)
		}
		return command(arguments...)
	}
	return strings.NewReplacer(
		"@HOST@", host, "@PORT@", port, "@USER@", d.User, "@GNMI@", gnmi,
		"@PASSWORD@", relative(d.password()), "@CERTIFICATE@", relative(filepath.Join(d.Data, "tls", "cert.pem")),
		"@STATUS@", online("status"), "@TRANSITIONS@", online("transitions"), "@WATCH@", online("watch"),
		"@DENY@", online("deny", "dashboard", "performance-monitoring"),
		"@HISTORY@", overNETCONF("config", "history"), "@ROLLBACK@", overNETCONF("config", "rollback", "-1", "--yes"),
		"@TYPO@", online("permit", "dashboard", "nobody"),
		"@VIOLATE@", command("demo", "violate", "dashboard", "key-store"), "@NODE@", command("demo", "status"),
		"@DAEMON@", commandLine(d.Config.daemon(), d.daemonArguments()...), "@PID@", fmt.Sprint(d.daemon.pid()),
	).Replace(script)
}

// Where a new daemon listens; the operator's command looks there by itself.
const (
	defaultNETCONF = "127.0.0.1:8830"
	defaultGNMI    = "127.0.0.1:9339"
)
