package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// walkVirtual counts with protection keys, in the virtual machine of testdata/pkuvm. Without what that needs there are
// no counts, and the run says so.
func (r *run) walkVirtual() ([]path, error) {
	for _, tool := range []string{"qemu-system-x86_64", "busybox"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "costs: nothing is counted with protection keys: %s is missing: scripts/install-deps\n", tool)
			return nil, nil
		}
	}
	args := []string{"-timeout", "5m"}
	for _, name := range []string{"waveguardd", "waveguard", "csdk/costs/gate"} {
		args = append(args, "-file", filepath.Join(r.bin, name)+":/home/"+walkPrograms+"/"+name)
	}
	cmd := exec.Command(filepath.Join(r.bin, "pkuvm"), append(args, "--", filepath.Join(r.bin, "costs"), "-walk", "PKU")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("count in the virtual machine: %w\n%s", err, out)
	}
	paths, err := pathsIn(string(out))
	if err == nil && len(paths) != 6 {
		err = fmt.Errorf("the virtual machine counted %d paths:\n%s", len(paths), out)
	}
	return paths, err
}

// walkPrograms is where walkOnly finds the programs.
const walkPrograms = "bin"

// walkOnly is what the virtual machine runs: it counts with one backend.
func walkOnly(backend string, out io.Writer) (err error) {
	r := &run{bin: walkPrograms}
	if r.dir, err = os.MkdirTemp("", "costs"); err != nil {
		return err
	}
	if r.daemon, err = startDaemon(r.bin, filepath.Join(r.dir, "state")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.daemon.stop(), os.RemoveAll(r.dir)) }()
	paths, err := r.walk(backend)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if _, err := fmt.Fprintln(out, pathPrefix, p.language, p.name, p.backend, p.all, p.wrpkru, p.rdpkru); err != nil {
			return err
		}
	}
	return nil
}

const pathPrefix = "path:"

// pathsIn reads what walkOnly wrote.
func pathsIn(text string) (paths []path, err error) {
	for line := range strings.Lines(text) {
		rest, ours := strings.CutPrefix(strings.TrimSpace(line), pathPrefix)
		if !ours {
			continue
		}
		var p path
		if _, err := fmt.Sscan(rest, &p.language, &p.name, &p.backend, &p.all, &p.wrpkru, &p.rdpkru); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		paths = append(paths, p)
	}
	return paths, nil
}
