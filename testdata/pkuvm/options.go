package main

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/optical-net/waveguard/testdata/pkuvm/guest"
	"github.com/optical-net/waveguard/testdata/pkuvm/kernel"
)

// options are the command line.
type options struct {
	program string // a file of the host: binary or script
	script  bool
	args    []string

	files    list[copied]
	forwards list[forward]
	env      list[variable]
	dir      string

	timeout   time.Duration // 0 means no limit
	memoryMiB int
	cpus      int
	cpu       string
	kernel    string
	fetch     bool
	verbose   bool
}

// name is what messages call the program.
func (o options) name() string { return filepath.Base(o.program) }

// inGuest is the program's file in the guest.
func (o options) inGuest() string { return path.Join(guest.Home, o.name()) }

// parse reads the command line. It returns flag.ErrHelp after printing help.
func parse(args []string) (o options, err error) {
	var script string
	fs := flag.NewFlagSet("pkuvm", flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "Runs a static binary, or a shell script, in a virtual machine with memory protection keys.\n\n"+
			"  pkuvm [flags] -- PROGRAM [ARGUMENT ...]\n  pkuvm [flags] -script FILE [ARGUMENT ...]\n\n")
		fs.PrintDefaults()
	}
	fs.StringVar(&script, "script", "", "run the shell script `FILE` instead of a program")
	fs.Var(&o.files, "file", "`SRC[:DST]`: put a file or folder of the host into the guest, as /home/NAME or as DST (repeatable)")
	fs.Var(&o.env, "env", "`KEY=VALUE`: set an environment variable (repeatable)")
	fs.Var(&o.forwards, "forward", "`HOSTPORT:GUESTPORT`: forward a TCP port of 127.0.0.1 to the guest (repeatable)")
	fs.StringVar(&o.dir, "cwd", guest.Home, "run in this `folder` of the guest")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Minute, "stop the machine after this time, with status 124; 0 means never")
	fs.IntVar(&o.memoryMiB, "mem", 1024, "memory of the machine in `MiB`")
	fs.IntVar(&o.cpus, "cpus", 2, "`number` of processors")
	fs.StringVar(&o.cpu, "cpu", "max", "processor `model`, in QEMU's words: max,-pku has no protection keys")
	fs.StringVar(&o.kernel, "kernel", kernel.DefaultPackage, "Debian kernel `package`, by name, as NAME/SUITE or as a .deb file")
	fs.BoolVar(&o.fetch, "fetch", false, "see that the kernel is there, and boot nothing")
	fs.BoolVar(&o.verbose, "v", false, "show the kernel's console on standard error")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.program, o.script, o.args = script, script != "", fs.Args()
	if !o.script && len(o.args) > 0 {
		o.program, o.args = o.args[0], o.args[1:]
	}
	return o, o.check()
}

func (o options) check() error {
	switch {
	case o.program == "" && !o.fetch:
		return errors.New("no program given: pkuvm [flags] -- PROGRAM [ARGUMENT ...], or -script FILE (-h explains)")
	case !path.IsAbs(o.dir):
		return fmt.Errorf("-cwd %s: give an absolute path of the guest", o.dir)
	case o.timeout < 0 || o.memoryMiB < 128 || o.cpus < 1:
		return errors.New("-timeout must not be negative, -mem at least 128, -cpus at least 1")
	}
	return nil
}

// list is a repeatable flag of values that parse themselves.
type list[T any] []T

func (l *list[T]) String() string { return "" }

func (l *list[T]) Set(s string) error {
	var v T
	if err := any(&v).(interface{ parse(string) error }).parse(s); err != nil {
		return err
	}
	*l = append(*l, v)
	return nil
}

// copied is a file or folder for the guest.
type copied struct{ src, dst string }

func (c *copied) parse(s string) error {
	src, dst, given := strings.Cut(s, ":")
	if src == "" || given && !path.IsAbs(dst) {
		return errors.New("want SRC or SRC:DST, where DST is an absolute path of the guest")
	}
	if !given {
		dst = guest.Home + "/"
	}
	if strings.HasSuffix(dst, "/") {
		dst += filepath.Base(src)
	}
	*c = copied{src, dst}
	return nil
}

// forward is a TCP port of the host's loopback address that leads to the guest.
type forward struct{ host, guest uint16 }

func (f *forward) parse(s string) error {
	host, guest, _ := strings.Cut(s, ":")
	for _, p := range []struct {
		text string
		port *uint16
	}{{host, &f.host}, {guest, &f.guest}} {
		n, err := strconv.ParseUint(p.text, 10, 16)
		if err != nil || n == 0 {
			return errors.New("want HOSTPORT:GUESTPORT, each from 1 to 65535")
		}
		*p.port = uint16(n)
	}
	return nil
}

// variable is an environment entry.
type variable string

func (v *variable) parse(s string) error {
	if i := slices.Index([]byte(s), '='); i < 1 {
		return errors.New("want KEY=VALUE")
	}
	*v = variable(s)
	return nil
}
