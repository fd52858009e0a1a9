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
	"sync"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/policy"
)

// peer returns who is at the other end of the socket, as the kernel knows it
// (unix(7), SO_PEERCRED). The executable is read through a handle of the very
// process that connected, and the process is checked to live still after that,
// so that its number cannot have passed to another one in between.
func peer(c *net.UnixConn) (policy.Identity, error) {
	cred, err := credentials(c)
	if err != nil {
		return policy.Identity{}, err
	}
	handle, err := unix.PidfdOpen(int(cred.Pid), 0)
	if err != nil {
		return policy.Identity{}, fmt.Errorf("take hold of process %d: %w", cred.Pid, err)
	}
	defer func() { _ = unix.Close(handle) }()
	proc := "/proc/" + strconv.Itoa(int(cred.Pid)) + "/exe"
	path, err := os.Readlink(proc)
	if err != nil {
		return policy.Identity{}, fmt.Errorf("read what process %d runs: %w", cred.Pid, err)
	}
	file, err := os.Open(proc)
	if err != nil {
		return policy.Identity{}, fmt.Errorf("open what process %d runs: %w", cred.Pid, err)
	}
	if err := unix.PidfdSendSignal(handle, 0, nil, 0); err != nil && !errors.Is(err, unix.EPERM) {
		_ = file.Close()
		return policy.Identity{}, fmt.Errorf("process %d is gone: %w", cred.Pid, err)
	}
	return policy.Identity{
		PID: int(cred.Pid), UID: cred.Uid,
		Executable: strings.TrimSuffix(path, " (deleted)"),
		SHA256:     digest(file),
	}, nil
}

func credentials(c *net.UnixConn) (*unix.Ucred, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reach the socket: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return nil, fmt.Errorf("read the peer's credentials: %w", err)
	}
	return cred, nil
}

// digest returns the SHA-256 of the file, computed when first asked for; it
// takes the file over.
func digest(file *os.File) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		h := sha256.New()
		if _, err := io.Copy(h, file); err != nil {
			return "", err
		}
		return hex.EncodeToString(h.Sum(nil)), file.Close()
	})
}
