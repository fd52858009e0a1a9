package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// apt finds packages: of what the machine is configured for, or of one suite alone.
type apt struct {
	suite   string
	options []string
}

// mirror returns from where the machine has the release that a suite adds to, such as
// bookworm for bookworm-backports.
func mirror(ctx context.Context, suite string) (string, error) {
	release, _, _ := strings.Cut(suite, "-")
	out, err := command(ctx, "", "apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return "", err
	}
	return source(release, string(out))
}

// source reads the answer of "apt-get indextargets".
func source(release, targets string) (string, error) {
	for line := range strings.Lines(targets) {
		if uri, ok := strings.CutPrefix(strings.TrimSpace(line), release+" "); ok {
			return uri, nil
		}
	}
	return "", fmt.Errorf("apt has no source of packages for %s: add one below /etc/apt", release)
}

// only returns an apt that knows one suite of Debian's, and keeps what it knows in dir: what
// the machine is configured for stays as it is.
func only(ctx context.Context, suite, dir string) (apt, error) {
	from, err := mirror(ctx, suite)
	if err != nil {
		return apt{}, err
	}
	sources, lists, archives := filepath.Join(dir, "sources"), filepath.Join(dir, "lists"), filepath.Join(dir, "archives")
	a := apt{suite, []string{
		"-o", "Dir::Etc::SourceList=" + sources, "-o", "Dir::Etc::SourceParts=-", "-o", "Dir::State::Lists=" + lists,
		"-o", "Dir::Cache=" + archives, "-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User=",
	}}
	return a, errors.Join(
		os.MkdirAll(filepath.Join(lists, "partial"), 0o755),
		os.MkdirAll(filepath.Join(archives, "archives", "partial"), 0o755),
		os.WriteFile(sources, []byte("deb "+from+" "+suite+" main\n"), 0o644),
	)
}

func (a apt) command(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	return command(ctx, dir, name, append(slices.Clone(a.options), args...)...)
}

// resolve returns the kernel package that pkg depends on, or pkg if it is one.
// Where apt knows no such package its lists may be missing: root has them
// fetched.
func (a apt) resolve(ctx context.Context, pkg string) (string, error) {
	out, err := a.command(ctx, "", "apt-cache", "depends", "--", pkg)
	if err != nil || len(out) == 0 {
		if err := a.update(ctx); err != nil {
			return "", err
		}
		if out, err = a.command(ctx, "", "apt-cache", "depends", "--", pkg); err != nil {
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
func (a apt) fetch(ctx context.Context, dir, pkg string) (string, error) {
	_, err := a.command(ctx, dir, "apt-get", "download", "-qq", "--", pkg)
	if err != nil {
		if err := a.update(ctx); err != nil {
			return "", err
		}
		if _, err = a.command(ctx, dir, "apt-get", "download", "-qq", "--", pkg); err != nil {
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

func (a apt) update(ctx context.Context) error {
	if a.suite == "" && os.Geteuid() != 0 {
		return fmt.Errorf("apt's package lists are missing or old: run apt-get update as root")
	}
	_, err := a.command(ctx, "", "apt-get", "update", "-qq")
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
