package guest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mounts are made in order. Those a kernel may lack are optional.
var mounts = []struct {
	fs, dir  string
	optional bool
}{
	{"proc", "/proc", false},
	{"sysfs", "/sys", false},
	{"devtmpfs", "/dev", false},
	{"devpts", "/dev/pts", false},
	{"tmpfs", "/dev/shm", false},
	{"tmpfs", "/tmp", false},
	{"tmpfs", "/run", false},
	{"cgroup2", "/sys/fs/cgroup", true},
	{"bpf", "/sys/fs/bpf", true},
	{"securityfs", "/sys/kernel/security", true},
	{"tracefs", "/sys/kernel/tracing", true},
	{"debugfs", "/sys/kernel/debug", true},
}

// links are the symbolic links programs expect in /dev.
var links = map[string]string{
	"/dev/fd":     "/proc/self/fd",
	"/dev/stdin":  "/proc/self/fd/0",
	"/dev/stdout": "/proc/self/fd/1",
	"/dev/stderr": "/proc/self/fd/2",
}

func mountAll() error {
	for _, m := range mounts {
		err := os.MkdirAll(m.dir, 0o755)
		if err == nil {
			err = unix.Mount(m.fs, m.dir, m.fs, 0, "")
		}
		if err != nil && !m.optional {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	for name, target := range links {
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	return os.Chmod("/tmp", 0o1777)
}
