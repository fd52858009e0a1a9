package kernel

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// resolve returns the kernel package that pkg depends on, or pkg if it is one.
// Where apt knows no such package its lists may be missing: root has them
// fetched.
func resolve(ctx context.Context, pkg string) (string, error) {
	out, err := command(ctx, "", "apt-cache", "depends", "--", pkg)
	if err != nil || len(out) == 0 {
		if err := update(ctx); err != nil {
			return "", err
		}
		if out, err = command(ctx, "", "apt-cache", "depends", "--", pkg); err != nil {
			return "", err
		}
	}
	return concrete(pkg, string(out)), nil
}

// concrete reads the answer of "apt-cache depends".
func concrete(pkg, depends string) string {
	for line := range strings.Lines(depends) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: ")
		if ok && strings.HasPrefix(name, "linux-image-") {
			return name
		}
	}
	return pkg
}

// fetch downloads a package into dir and returns its file. A list that names a
// version which the mirror has since replaced is brought up to date, by root.
func fetch(ctx context.Context, dir, pkg string) (string, error) {
	_, err := command(ctx, dir, "apt-get", "download", "-qq", "--", pkg)
	if err != nil {
		if err := update(ctx); err != nil {
			return "", err
		}
		if _, err = command(ctx, dir, "apt-get", "download", "-qq", "--", pkg); err != nil {
			return "", err
		}
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return "", err
	}
	if len(debs) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d package files", pkg, len(debs))
	}
	return debs[0], nil
}

func update(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("apt's package lists are missing or old: run apt-get update as root")
	}
	_, err := command(ctx, "", "apt-get", "update", "-qq")
	return err
}

// command runs a program in dir and returns its output; an error carries what it said.
func command(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}
