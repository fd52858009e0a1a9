package main

import (
	"context"
	encoding "encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// walkVirtual counts with protection keys, in the virtual machine of testdata/pkuvm.
func (r *run) walkVirtual() ([]path, error) {
	for _, tool := range []string{"qemu-system-x86_64", "busybox"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s is missing: scripts/install-deps", tool)
		}
	}
	args := []string{"-timeout", "5m"}
	for _, name := range []string{"csdk/costs/gate"} {
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
		return nil, fmt.Errorf("the virtual machine counted %d paths:\n%s", len(paths), out)
	}
	return paths, err
}

// walkPrograms is where walkOnly finds the programs.
const walkPrograms = "bin"

// walkOnly is what the virtual machine runs: it counts with one backend. The daemon would hash passwords
// there for most of a minute, so the policy is put in force by this process.
func walkOnly(backend string, out io.Writer) (err error) {
	r := &run{bin: walkPrograms}
	if r.dir, err = os.MkdirTemp("", "costs"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	r.socket = filepath.Join(r.dir, "attach.sock")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := enforce(ctx, r.socket); err != nil {
		return err
	}
	return r.walk(backend, func(p path) {
		fmt.Fprintln(out, pathPrefix, p.language, p.name, p.backend, p.all, p.wrpkru, p.rdpkru)
	})
}

// enforce lets processes attach under the policy, until the context ends.
func enforce(ctx context.Context, socket string) error {
	set, err := schema.Compile([]fs.FS{models.FS}, schema.Options{})
	if err != nil {
		return err
	}
	text, err := encoding.Marshal(thePolicy())
	if err != nil {
		return err
	}
	config, err := json.Decode(set, text, json.DecodeOptions{})
	if err != nil {
		return err
	}
	delta, err := view.New(config, tree.Diff(tree.New(set), config))
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	engine := enforcement.New(quiet)
	commit, _, err := engine.Prepare(ctx, delta)
	if err != nil {
		return err
	}
	commit()
	l, err := attach.Listen(socket)
	if err != nil {
		return err
	}
	server := &attach.Server{Authority: engine, Logger: quiet}
	go func() {
		if err := server.Serve(ctx, l); err != nil {
			fmt.Fprintln(os.Stderr, "costs: serve:", err)
		}
	}()
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
