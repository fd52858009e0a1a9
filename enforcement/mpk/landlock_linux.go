package mpk

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a thread that is restricted to files may do with them, and nothing with others
// (Linux Documentation/userspace-api/landlock.rst).
const (
	useFile = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	// moveFiles is refused to whoever is restricted at all, unless it is granted.
	moveFiles = unix.LANDLOCK_ACCESS_FS_REFER
)

// landlockVersion is the first that can grant moveFiles (Linux 5.19). Under an older one
// programs could no longer rename a file into another directory.
const landlockVersion = 2

// CanRestrictFiles says whether the kernel has what RestrictFiles needs.
func CanRestrictFiles() bool {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return errno == 0 && version >= landlockVersion
}

// RestrictFiles leaves to the calling thread, and to what it executes, the files at and
// below these paths, for good: no other file can be opened for reading or
// writing, whatever alias of its name is used. What is open stays open. The caller keeps the
// goroutine on its thread. It returns the error of the system call that was refused.
func RestrictFiles(paths []string) error {
	handled := struct{ access uint64 }{useFile | moveFiles}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&handled)), unsafe.Sizeof(handled), 0)
	if errno != 0 {
		return fmt.Errorf("make rules for files: %w", errno)
	}
	rules := int(fd)
	defer unix.Close(rules)
	for _, path := range paths {
		if err := allowBeneath(rules, path); err != nil {
			return fmt.Errorf("allow files at %s: %w", path, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); errno != 0 {
		return fmt.Errorf("restrict files: %w", errno)
	}
	return nil
}

// allowBeneath skips what is gone.
func allowBeneath(rules int, path string) error {
	f, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(f)
	var stat unix.Stat_t
	if err := unix.Fstat(f, &stat); err != nil {
		return err
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: useFile, Parent_fd: int32(f)}
	if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		rule.Allowed_access |= moveFiles
	}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
