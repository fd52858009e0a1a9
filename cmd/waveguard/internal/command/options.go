package command

import (
	"flag"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// options are the flags that every command has, before or after its name.
type options struct {
	appliance.Config
	timeout time.Duration
	output  format
}

// format is how results are written.
type format string

const (
	forPeople   format = "table"
	forPrograms format = "json"
	forNetconf  format = "edit-config"
)

// String implements flag.Value.
func (f *format) String() string { return string(*f) }

// Set implements flag.Value.
func (f *format) Set(s string) error {
	switch format(s) {
	case forPeople, forPrograms, forNetconf:
		*f = format(s)
		return nil
	default:
		return fmt.Errorf("want %s or %s", forPeople, forPrograms)
	}
}

// defaults are what the environment says, or else what holds on the appliance
// itself.
func defaults(getenv func(string) string) *options {
	or := func(name, otherwise string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return otherwise
	}
	return &options{
		Config: appliance.Config{
			Address:      or("WAVEGUARD_ADDRESS", "127.0.0.1:9339"),
			User:         or("WAVEGUARD_USER", "admin"),
			PasswordFile: getenv("WAVEGUARD_PASSWORD_FILE"),
			Data:         ".waveguard",
		},
		timeout: 10 * time.Second,
		output:  forPeople,
	}
}

// add makes flags of the options. What they are now stays the default.
func (o *options) add(flags *flag.FlagSet) {
	o.addConnection(flags)
	o.addOutput(flags)
}

func (o *options) addOutput(flags *flag.FlagSet) {
	flags.Var(&o.output, "output", "`FORMAT` of results: table for people, json for programs")
}

func (o *options) addConnection(flags *flag.FlagSet) {
	flags.StringVar(&o.Address, "address", o.Address, "`HOST:PORT` of the appliance's gNMI server (WAVEGUARD_ADDRESS)")
	flags.StringVar(&o.User, "user", o.User, "`NAME` to sign in under (WAVEGUARD_USER)")
	flags.StringVar(&o.PasswordFile, "password-file", o.PasswordFile, "`FILE` with the password (WAVEGUARD_PASSWORD_FILE; default DATA/admin-password)")
	flags.StringVar(&o.CA, "ca", o.CA, "`FILE` with the certificate to trust (default DATA/tls/cert.pem, else the system's)")
	flags.StringVar(&o.Data, "data", o.Data, "`DIR` of a daemon on this host")
	flags.DurationVar(&o.timeout, "timeout", o.timeout, "`TIME` to wait for an answer")
}
