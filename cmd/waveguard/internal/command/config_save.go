package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/yangtool"
	"github.com/optical-net/waveguard/yang/tree"
)

func configSaveCommand() *command {
	ssh, files, from := new(sshFlags), new(fileFlags), config.Running
	return &command{
		name:    "save",
		args:    []string{"FILE"},
		summary: "save the configuration to a file",
		about: `FILE is written as XML or JSON (RFC 7951), as its name ends, for "config load". It is
there whole or not at all, and for its owner alone: it has the hashes of passwords. What
the user may not read is not in it.
JSON: {"file", "octets"}.`,
		examples: []string{
			"waveguard config save backup.xml",
			"waveguard config save --from -1 before.json",
		},
		flags: func(flags *flag.FlagSet) {
			ssh.add(flags)
			flags.StringVar(&files.format, "format", files.format, "`FORMAT` of a file whose name does not say it: xml or json")
			flags.StringVar(&from, "from", from, "`WHAT` to save: running, candidate, or a revision")
		},
		run: func(ctx context.Context, s *session) error {
			style, err := s.documentStyle(files.format)
			if err != nil {
				return err
			}
			if ending, err := yangtool.ParseFormat(strings.TrimPrefix(filepath.Ext(s.args[0]), ".")); err == nil && ending != yangtool.YANG {
				style.Format = ending
			} else if files.format == "" {
				return s.misused("cannot tell what to write; give FILE a name that ends in .xml or .json, or --format")
			}
			if !slices.Contains(config.Datastores, from) && !number.MatchString(from) {
				return s.misused("--from is running, candidate, or a revision")
			}
			return ssh.open(ctx, s, func(a *config.Appliance) error {
				t, err := files.configuration(ctx, s, a, from)
				if err != nil {
					return err
				}
				return s.save(s.args[0], t, style)
			})
		},
	}
}

// save writes a configuration to a file, atomically.
func (s *session) save(name string, t *tree.Tree, style yangtool.Style) error {
	var size counter
	err := replaceFile(name, func(w io.Writer) error { return yangtool.Write(io.MultiWriter(w, &size), t, style) })
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	if s.output == forPrograms {
		return s.writeJSON(struct {
			File   string `json:"file"`
			Octets int    `json:"octets"`
		}{name, int(size)})
	}
	_, err = fmt.Fprintf(s.Stdout, "saved to %s\n", name)
	return err
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// replaceFile makes a file that only its owner can read, whole or not at all.
func replaceFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600
	var nowhere *fs.PathError
	if errors.As(err, &nowhere) {
		return fmt.Errorf("make a file in %s: %w", filepath.Dir(name), nowhere.Err)
	}
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
