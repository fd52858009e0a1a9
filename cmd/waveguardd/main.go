// Command waveguardd is the domain controller: it keeps the policy, puts it in
// force in the processes that attach, and serves NETCONF and gNMI.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/optical-net/waveguard/cmd/waveguardd/internal/appliance"
	"github.com/optical-net/waveguard/server/access"
)

const usage = `waveguardd is the Waveguard daemon: it keeps the policy, puts it in force in the
processes that attach, and serves NETCONF (over SSH or TLS) and gNMI (over TLS).

Usage:
  waveguardd [flags]

Examples:
  waveguardd                                   state in ./.waveguard, ports 8830 and 9339 on loopback
  waveguardd --data /var/lib/waveguard --netconf :830 --gnmi :9339
  waveguardd --init-user operator --init-password-file /run/secrets/first-password
  waveguardd --models yang/openroadm --models yang/ietf:     be a store of Open ROADM data too

Flags:
`

// Exit statuses.
const (
	statusFailed = 1
	statusUsage  = 2
)

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, errDone) {
		fmt.Fprintln(os.Stderr, "waveguardd:", err)
		var bad *usageError
		if errors.As(err, &bad) {
			os.Exit(statusUsage)
		}
		os.Exit(statusFailed)
	}
}

type usageError struct{ error }

// errDone says that a flag asked for something else than running.
var errDone = errors.New("done")

func run(args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, err := appliance.New(c)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

func parse(args []string) (appliance.Config, error) {
	c := appliance.Config{Say: say}
	fs := flag.NewFlagSet("waveguardd", flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), usage)
		fs.PrintDefaults()
	}
	fs.StringVar(&c.Dir, "data", ".waveguard", "`folder` of all state; made at first start")
	fs.StringVar(&c.NETCONF, "netconf", "", "`address` of NETCONF over SSH, for the first start (default 127.0.0.1:8830); later the configuration says it, until this flag changes")
	fs.StringVar(&c.GNMI, "gnmi", "", "`address` of gNMI over TLS, as --netconf (default 127.0.0.1:9339)")
	fs.StringVar(&c.Attach, "attach", "", "`path` of the socket where host processes attach (default DATA/attach.sock)")
	fs.Func("models", "`folder` of YANG modules to serve beside the appliance's own, not enforced; DIR:A,B takes only\nmodules A and B, DIR:-A all but A, \"DIR:\" what others import; may be repeated", func(text string) error {
		c.Models = append(c.Models, text)
		return nil
	})
	fs.StringVar(&c.ModelsData, "models-data", "", "`file` of XML or JSON with what modules of --models need to be valid; read at the first start,\nand when the stored configuration lacks it")
	fs.StringVar(&c.InitUser, "init-user", "admin", "`name` of the administrator made at first start")
	fs.StringVar(&c.InitPasswordFile, "init-password-file", "", "`file` with the first administrator's password (default: one is generated)")
	fs.StringVar(&c.ClientCA, "gnmi-client-ca", "", "`file` with certificates of authorities for client certificates, as --netconf; their common name is the user")
	verbose := fs.Bool("v", false, "log more")
	version := fs.Bool("version", false, "print the version and exit")
	hash := fs.Bool("hash-password", false, "read a password from standard input, print its hash for a user's password-hash, and exit")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, errDone
		}
		return c, &usageError{errors.New("see waveguardd --help")}
	}
	if fs.NArg() > 0 {
		return c, &usageError{fmt.Errorf("unexpected argument %q; see waveguardd --help", fs.Arg(0))}
	}
	if *version {
		fmt.Println("waveguardd", appliance.Version)
		return c, errDone
	}
	if *hash {
		if err := hashPassword(); err != nil {
			return c, err
		}
		return c, errDone
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	c.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return c, nil
}

func hashPassword() error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the password: %w", err)
	}
	hash, err := access.HashPassword(strings.TrimRight(line, "\r\n"))
	if err != nil {
		return err
	}
	fmt.Println(hash)
	return nil
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }
