package enforcement

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// errNotMapped is what a process is told that cannot obey its pages.
var errNotMapped = errors.New("it says that it obeys its policy page, which it has not mapped")

// checkMapped returns an error for a process that has not mapped the page. Who
// answers for a process must be able to do that: another one, which only has the
// socket and speaks in the first one's name, cannot, unless it may trace it.
func checkMapped(pid int, page *os.File) error {
	info, err := page.Stat()
	if err != nil {
		return fmt.Errorf("find its policy page: %w", err)
	}
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return fmt.Errorf("read its mappings: %w", err)
	}
	defer func() { _ = maps.Close() }()
	found, err := isMapped(maps, info.Sys().(*syscall.Stat_t))
	switch {
	case err != nil:
		return fmt.Errorf("read its mappings: %w", err)
	case !found:
		return errNotMapped
	}
	return nil
}

// isMapped looks for a file among mappings (proc_pid_maps(5)).
func isMapped(maps io.Reader, file *syscall.Stat_t) (bool, error) {
	device := fmt.Sprintf("%02x:%02x", unix.Major(file.Dev), unix.Minor(file.Dev))
	inode := fmt.Sprint(file.Ino)
	const deviceField, inodeField = 3, 4
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) > inodeField && f[deviceField] == device && f[inodeField] == inode {
			return true, nil
		}
	}
	return false, lines.Err()
}
