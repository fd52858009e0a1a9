package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	if playRole(os.Args[1:]) {
		return
	}
	quick := flag.Bool("quick", false, "take fewer and shorter rounds: to see that it works, not for figures")
	only := flag.String("only", "", "`sections` to measure, separated by commas (default all)")
	walk := flag.String("walk", "", "only count instructions with a `backend` and print them bare, with the programs in folder "+walkPrograms)
	into := flag.String("into", "", "`page` to put the tables into, where it says that they belong")
	flag.Parse()
	p := thorough
	if *quick {
		p = hasty
	}
	var err error
	switch {
	case *walk != "":
		err = walkOnly(*walk, os.Stdout)
	case *into != "":
		err = measureInto(p, *into)
	default:
		err = measure(p, *only, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "costs:", err)
		os.Exit(1)
	}
}

// run is one run: what it is done with, and where it is said.
type run struct {
	pace   pace
	out    io.Writer
	bin    string // folder of programs
	dir    string // of this run
	cpus   int
	daemon *daemon
	socket string // where processes attach
	found  found
}

type section struct {
	name    string
	measure func(*run) error
}

var sections = []section{
	{"latency", (*run).latency},
	{"workload", (*run).workload},
	{"memory", (*run).memory},
	{"idle", (*run).idle},
	{"crowd", (*run).crowd},
	{"instructions", (*run).instructions},
	{"comparison", (*run).comparison},
}

// measure measures the named sections, all if there are none, and writes them.
func measure(p pace, only string, out io.Writer) (err error) {
	r := &run{pace: p, out: out, cpus: runtime.NumCPU()}
	if r.dir, err = os.MkdirTemp("", "costs"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	if err := r.build(); err != nil {
		return err
	}
	if r.daemon, err = startDaemon(r.bin, filepath.Join(r.dir, "state")); err != nil {
		return err
	}
	r.socket = r.daemon.socket()
	defer func() { err = errors.Join(err, r.daemon.stop()) }()
	for _, s := range sections {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		if err := s.measure(r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// build builds the programs that are measured.
func (r *run) build() error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	r.bin = filepath.Join(root, "bin")
	c := filepath.Join(root, "cmd/waveguard/testdata/costs/csdk")
	for _, command := range [][]string{
		{"make", "-s", "build", "bin/pkuvm"},
		{"go", "build", "-trimpath", "-o", r.bin, "./cmd/waveguard/testdata/costs"},
		{"make", "-s", "-C", "sdk/c", "all"},
		{"make", "-s", "-C", c, "OUT=" + filepath.Join(r.bin, "csdk")},
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, said)
		}
	}
	return nil
}

// startC starts a program of folder csdk.
func (r *run) startC(name string, cpu int, args ...string) (*child, error) {
	return spawn{program: r.program(name), args: args, cpu: cpu}.start()
}

func (r *run) program(name string) string { return filepath.Join(r.bin, "csdk", "costs", name) }
