package attach

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/policy"
)

// peer is the process at the other end of a socket, as the kernel knows it.
type peer struct {
	policy.Identity
	*process
	executable *os.File // what it runs, for its digest
}

// identify returns what is known of the process with those credentials, whose
// handle it takes over. Its number leads to what it runs; that the process lives
// still afterwards, in the same memory, proves that the number had not passed to
// another one in between, nor the process to another program.
func identify(cred *unix.Ucred, handle int) (*peer, error) {
	held, err := holdProcess(int(cred.Pid), handle)
	if err != nil {
		return nil, err
	}
	p, err := lookUp(cred, held)
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	if err := held.check(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close lets go of the process and of its executable. The digest of that cannot
// be asked for any more, unless it was before.
func (p *peer) Close() error { return errors.Join(p.executable.Close(), p.process.Close()) }

// lookUp reads what /proc says of the process.
func lookUp(cred *unix.Ucred, held *process) (*peer, error) {
	id := policy.Identity{PID: int(cred.Pid), UID: cred.Uid}
	path, err := os.Readlink(procPath(id.PID, "exe"))
	if err != nil {
		return nil, fmt.Errorf("read what process %d runs: %w", id.PID, err)
	}
	id.Executable = strings.TrimSuffix(path, " (deleted)")
	if id.Elsewhere, err = otherMounts(id.PID); err != nil {
		return nil, fmt.Errorf("compare the mounts of process %d: %w", id.PID, err)
	}
	if id.Start, id.Started, err = startOf(id.PID); err != nil {
		return nil, fmt.Errorf("read when process %d started: %w", id.PID, err)
	}
	if id.Stack, err = stackOf(id.PID); err != nil {
		return nil, fmt.Errorf("read where the stack of process %d is: %w", id.PID, err)
	}
	if id.Cgroup, err = cgroupOf(id.PID); err != nil {
		return nil, fmt.Errorf("read the cgroup of process %d: %w", id.PID, err)
	}
	file, err := os.Open(procPath(id.PID, "exe"))
	if err != nil {
		return nil, fmt.Errorf("open what process %d runs: %w", id.PID, err)
	}
	id.Digest = policy.NewDigest(func() (string, error) { return digest(file) })
	return &peer{id, held, file}, nil
}

func procPath(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// otherMounts says whether a process is in another mount namespace than this one.
func otherMounts(pid int) (bool, error) {
	theirs, err := os.Stat(procPath(pid, "ns/mnt"))
	if err != nil {
		return false, err
	}
	ours, err := os.Stat("/proc/self/ns/mnt")
	if err != nil {
		return false, err
	}
	return !os.SameFile(theirs, ours), nil
}

// credentials returns which process connected the socket, and a handle of it
// (unix(7), SO_PEERCRED and SO_PEERPIDFD).
func credentials(c *net.UnixConn) (cred *unix.Ucred, handle int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, 0, fmt.Errorf("reach the socket: %w", err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		if cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); inner == nil {
			handle, inner = hold(int(fd), cred)
		}
	})
	if err := errors.Join(err, inner); err != nil {
		return nil, 0, fmt.Errorf("read who connected: %w", err)
	}
	return cred, handle, nil
}

// hold returns a handle of the process that connected the socket. Kernels before
// 6.5 have none to give; there it is one of whoever has the number now.
func hold(socket int, cred *unix.Ucred) (int, error) {
	if cred.Pid == 0 {
		return 0, errors.New("the process is in a PID namespace that the daemon cannot see; run the daemon in the host's")
	}
	handle, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return unix.PidfdOpen(int(cred.Pid), 0)
	}
	return handle, err
}

// checkFileSystem returns an error for a file whose content a program of its user
// makes up: it could show another to who reads it than to who executes it.
func checkFileSystem(file *os.File) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &fs); err != nil {
		return fmt.Errorf("find its file system: %w", err)
	}
	return checkFileSystemType(int64(fs.Type))
}

func checkFileSystemType(magic int64) error {
	if magic == unix.FUSE_SUPER_MAGIC {
		return errors.New("it lies on a file system that a program answers for (FUSE), where a digest proves nothing; install it elsewhere")
	}
	return nil
}

// maxExecutable bounds, in bytes, what is read for a digest.
const maxExecutable = 1 << 30

// digest returns the SHA-256 of the file, read from where it stands.
func digest(file *os.File) (string, error) {
	if err := checkFileSystem(file); err != nil {
		return "", err
	}
	h := sha256.New()
	switch n, err := io.Copy(h, io.LimitReader(file, maxExecutable+1)); {
	case err != nil:
		return "", err
	case n > maxExecutable:
		return "", fmt.Errorf("it has more than %d bytes", maxExecutable)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
