package mpk

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// pkeyDisableAccess is PKEY_DISABLE_ACCESS of <linux/mman.h>. pkey_alloc
// writes it to the caller's PKRU: without it the caller could use the key.
const pkeyDisableAccess = 1

func pkeyAlloc() (int, error) {
	key, _, errno := unix.RawSyscall(unix.SYS_PKEY_ALLOC, 0, pkeyDisableAccess, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(key), nil
}

func pkeyFree(key int) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_PKEY_FREE, uintptr(key), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// pkeyProtect opens a region, as far as it can be at all, to who has the key.
func pkeyProtect(r *Region, key int) error { return pkeyTag(r.usable(), r.prot(), key) }

func pkeyTag(memory []byte, prot uintptr, key int) error {
	_, _, errno := unix.Syscall6(unix.SYS_PKEY_MPROTECT,
		addressOf(memory), uintptr(len(memory)), prot, uintptr(key), 0, 0)
	if errno != 0 {
		return fmt.Errorf("pkey_mprotect with key %d: %w", key, errno)
	}
	return nil
}

// takeKeys allocates until the kernel has no key left.
func takeKeys() ([]int, error) {
	var keys []int
	for {
		key, err := pkeyAlloc()
		switch {
		case err == nil:
			keys = append(keys, key)
		case errors.Is(err, unix.ENOSPC) && len(keys) > 0:
			return keys, nil
		default:
			return nil, errors.Join(fmt.Errorf("allocate protection key: %w", err), freeKeys(keys))
		}
	}
}

func freeKeys(keys []int) error {
	var errs []error
	for _, key := range keys {
		if err := pkeyFree(key); err != nil {
			errs = append(errs, fmt.Errorf("free protection key %d: %w", key, err))
		}
	}
	return errors.Join(errs...)
}
