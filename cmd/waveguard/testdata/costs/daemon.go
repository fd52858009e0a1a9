package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// patience is how long the run waits for what must come.
const patience = time.Minute

// daemon is an appliance of its own, with a policy for what is measured.
type daemon struct {
	*child
	bin     string   // folder of the programs
	dir     string   // of its state
	flags   []string // of the operator's command
	netconf string
}

var listens = regexp.MustCompile(`NETCONF over SSH on (\S+), gNMI over TLS on (\S+)`)

// startDaemon starts an appliance with its state in dir.
func startDaemon(bin, dir string) (*daemon, error) {
	log, err := os.Create(dir + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := spawn{program: filepath.Join(bin, "waveguardd"), cpu: anyCPU, log: log, args: []string{
		"--data", dir, "--netconf", "127.0.0.1:0", "--gnmi", "127.0.0.1:0",
	}}
	c, err := s.launch()
	if err != nil {
		return nil, err
	}
	d := &daemon{child: c, bin: bin, dir: dir}
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		if found := listens.FindStringSubmatch(line); found != nil {
			d.netconf, d.flags = found[1], []string{"--data", dir, "--address", found[2]}
		}
		if line == "ready" {
			break
		}
	}
	return d, d.load(thePolicy())
}

func (d *daemon) socket() string { return filepath.Join(d.dir, "attach.sock") }

// stop ends the appliance as an operator does.
func (d *daemon) stop() error {
	err := d.cmd.Process.Signal(os.Interrupt)
	return errors.Join(err, d.cmd.Wait())
}

// load puts a configuration in force beside what is there.
func (d *daemon) load(policy any) error {
	text, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	file := filepath.Join(d.dir, "..", "policy.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	_, err = d.operate([]string{"config", "load", "--yes", "--netconf", d.netconf}, file)
	return err
}

// operate runs the operator's command.
func (d *daemon) operate(command []string, more ...string) ([]byte, error) {
	args := slices.Concat(command, []string{"--timeout", patience.String()}, d.flags, more)
	cmd := exec.Command(filepath.Join(d.bin, "waveguard"), args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("waveguard %s: %w\n%s%s", strings.Join(args, " "), err, out, said.String())
	}
	return out, nil
}

// permitted returns how many calls of a transition the daemon has counted.
func (d *daemon) permitted(source, target string) (uint64, error) {
	out, err := d.operate([]string{"transitions"}, "--output", "json")
	if err != nil {
		return 0, err
	}
	var answer struct {
		Transitions []struct {
			Source, Target string
			Counters       struct{ Permitted uint64 }
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return 0, err
	}
	for _, t := range answer.Transitions {
		if t.Source == source && t.Target == target {
			return t.Counters.Permitted, nil
		}
	}
	return 0, fmt.Errorf("the daemon knows no transition from %s to %s", source, target)
}

// confirm requires that the daemon has counted exactly so many calls.
func (d *daemon) confirm(source, target string, calls uint64) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		counted, err := d.permitted(source, target)
		if err != nil || counted == calls {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d calls from %s to %s were made; the daemon counted %d", calls, source, target, counted)
		}
	}
}
