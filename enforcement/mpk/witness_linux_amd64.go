package mpk

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// plantWitness puts one page under a key for the life of the process. It holds
// nothing: by it the daemon sees, before there is any region, that this process
// uses keys (proc_pid_smaps(5), ProtectionKey).
func plantWitness(key int) error {
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("map the witness of protection keys: %w", err)
	}
	return pkeyTag(page, unix.PROT_READ|unix.PROT_WRITE, key)
}
