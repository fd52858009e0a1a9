package confine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// ClosesProc says whether Apply closes the files of /proc: if the policy wants it, and this
// kernel has Landlock (Linux 5.19).
func ClosesProc(p Policy) bool {
	return p.Profile == Region && !p.AllowProc && !p.Permissive && mpk.CanRestrictFiles()
}

// closeProc leaves to the calling thread every file but those of /proc, which lead past
// all keys: mem of this process, of its threads and its parent, under any name.
// What is made later in a directory that has /proc below it, such as /, stays closed too.
func closeProc() error {
	mounts, err := procMounts()
	if err != nil || len(mounts) == 0 {
		return err
	}
	open, err := without("/", mounts)
	if err != nil {
		return fmt.Errorf("list the files beside /proc: %w", err)
	}
	return mpk.RestrictFiles(open)
}

// procMounts returns where file systems of type proc are, none if this process sees none.
func procMounts() (at []string, err error) {
	f, err := os.Open("/proc/self/mountinfo")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for /proc: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if dir, is := procMount(lines.Text()); is {
			at = append(at, dir)
		}
	}
	return at, lines.Err()
}

// procMount reads a line of mountinfo (proc_pid_mountinfo(5)).
func procMount(line string) (dir string, is bool) {
	mount, source, _ := strings.Cut(line, " - ")
	fields := strings.Fields(mount)
	if len(fields) < 5 || !strings.HasPrefix(source, "proc ") {
		return "", false
	}
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4]), true
}

// without returns the paths whose trees, together, are that of dir without the closed
// ones. Symbolic links lead to one of them or to what is closed. A directory that cannot
// be listed stays closed with all that is in it.
func without(dir string, closed []string) (open []string, err error) {
	if slices.Contains(closed, dir) {
		return nil, nil
	}
	if !slices.ContainsFunc(closed, func(c string) bool { return beneath(c, dir) }) {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			continue
		}
		below, err := without(filepath.Join(dir, e.Name()), closed)
		if err != nil {
			return nil, err
		}
		open = append(open, below...)
	}
	return open, err
}

func beneath(path, dir string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
