package shm

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Seals of memory (fcntl(2), F_ADD_SEALS).
const (
	// FixedSize keeps the size for ever: nobody can be made to fault by truncation.
	FixedSize = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW
	// NoNewWriters refuses every way of writing but the mappings that exist already.
	NoNewWriters = unix.F_SEAL_FUTURE_WRITE
	// NoMoreSeals refuses further ones.
	NoMoreSeals = unix.F_SEAL_SEAL
)

// The ways of mapping memory.
const (
	ReadOnly  Access = unix.PROT_READ
	ReadWrite Access = unix.PROT_READ | unix.PROT_WRITE
)

// ownersMode keeps other users from opening a file of theirs anew with more rights than it was given
// with (/proc/self/fd): a memfd is made open to all.
const ownersMode = 0o600

// Create makes zeroed memory of so many bytes whose size never changes.
func Create(name string, size int) (*os.File, error) {
	fd, err := createMemfd("waveguard-" + name)
	if err != nil {
		return nil, fmt.Errorf("create memory for the %s: %w", name, err)
	}
	file := os.NewFile(uintptr(fd), name)
	if err := errors.Join(file.Chmod(ownersMode), file.Truncate(int64(size))); err != nil {
		return nil, errors.Join(fmt.Errorf("size memory for the %s: %w", name, err), file.Close())
	}
	if err := Seal(file, FixedSize); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// createMemfd asks for a memfd that can never be executed; kernels before 6.3
// do not know that flag.
func createMemfd(name string) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) {
		return unix.MemfdCreate(name, flags)
	}
	return fd, err
}

// Seal adds seals to memory.
func Seal(file *os.File, seals int) error {
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal memory of the %s: %w", file.Name(), err)
	}
	return nil
}

// Size returns the bytes of memory that has the seals; ErrSeals if it has not.
func Size(file *os.File, seals int) (int, error) {
	have, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0)
	if err != nil {
		return 0, fmt.Errorf("read seals of memory: %w", err)
	}
	if have&seals != seals {
		return 0, fmt.Errorf("%w: seals are %#x, want at least %#x", ErrSeals, have, seals)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("read size of memory: %w", err)
	}
	return int(info.Size()), nil
}

// Map maps the first bytes of memory, shared.
func Map(file *os.File, size int, how Access) ([]byte, error) {
	m, err := unix.Mmap(int(file.Fd()), 0, size, int(how), unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of the %s: %w", size, file.Name(), err)
	}
	return m, nil
}

// Unmap undoes Map.
func Unmap(memory []byte) error { return unix.Munmap(memory) }
