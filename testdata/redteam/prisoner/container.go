//go:build linux && amd64

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/testdata/redteam"
)

// kept are the capabilities that Docker leaves to a container.
var kept = []uint{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FSETID, unix.CAP_FOWNER, unix.CAP_MKNOD, unix.CAP_NET_RAW, unix.CAP_SETGID,
	unix.CAP_SETUID, unix.CAP_SETFCAP, unix.CAP_SETPCAP, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_CHROOT, unix.CAP_KILL, unix.CAP_AUDIT_WRITE,
}

// confinedIn makes a container of the folder and runs the rest of the arguments in it. This
// is the first process of new namespaces, and not the one that attacks: signals do not end it.
func confinedIn(root string, args []string) error {
	runtime.LockOSThread() // capabilities are a thread's, and what it starts has them
	err := errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount(root, root, "", unix.MS_BIND, ""),
		unix.Mount("proc", root+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""),
		unix.Chdir(root),
		unix.Mount(".", "/", "", unix.MS_MOVE, ""), // the first file system of a machine cannot be pivoted
		unix.Chroot("."),
		unix.Chdir("/tmp"),
		dropCapabilities(),
	)
	if err != nil {
		return fmt.Errorf("make a container: %w", err)
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		os.Exit(redteam.EndedStatus)
	}
	return err
}

func dropCapabilities() error {
	var mask uint64
	for _, c := range kept {
		mask |= 1 << c
	}
	for c := range uint(unix.CAP_LAST_CAP + 1) {
		if mask>>c&1 == 0 {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
				return err
			}
		}
	}
	low, high := uint32(mask), uint32(mask>>32)
	data := [2]unix.CapUserData{{Effective: low, Permitted: low}, {Effective: high, Permitted: high}}
	return unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0])
}
