package page

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// sizeSeals keep the size of a page for ever: no reader can be made to
	// fault by truncation.
	sizeSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	// policySeals also refuse every way of writing but the mappings that
	// exist already.
	policySeals = sizeSeals | unix.F_SEAL_FUTURE_WRITE
)

// access is how a page is mapped.
type access int

const (
	readOnly  access = unix.PROT_READ
	readWrite access = unix.PROT_READ | unix.PROT_WRITE
)

// createPage makes a memfd, maps it for writing and then seals it.
func createPage(name string, size, seals int) (*os.File, []byte, error) {
	fd, err := createMemfd("waveguard-" + name)
	if err != nil {
		return nil, nil, fmt.Errorf("create %s page: %w", name, err)
	}
	file := os.NewFile(uintptr(fd), name)
	if err := file.Truncate(int64(size)); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("size %s page: %w", name, err), file.Close())
	}
	memory, err := mapPage(file, size, readWrite)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("map %s page: %w", name, err), file.Close())
	}
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("seal %s page: %w", name, err), unmapPage(memory), file.Close())
	}
	return file, memory, nil
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

// checkPage returns the size of the page behind file, if it has the seals.
func checkPage(file *os.File, seals int) (int, error) {
	have, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0)
	if err != nil {
		return 0, fmt.Errorf("read seals of page: %w", err)
	}
	if have&seals != seals {
		return 0, fmt.Errorf("%w: seals are %#x, want at least %#x", ErrFormat, have, seals)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("read size of page: %w", err)
	}
	return int(info.Size()), nil
}

func mapPage(file *os.File, size int, how access) ([]byte, error) {
	return unix.Mmap(int(file.Fd()), 0, size, int(how), unix.MAP_SHARED)
}

func unmapPage(memory []byte) error { return unix.Munmap(memory) }
