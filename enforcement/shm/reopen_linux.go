package shm

import (
	"fmt"
	"os"
)

// ReadableOnly opens memory once more, for reading: who gets that file cannot write with it.
func ReadableOnly(file *os.File) (*os.File, error) {
	again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	if err != nil {
		return nil, fmt.Errorf("open memory of the %s for reading: %w", file.Name(), err)
	}
	return again, nil
}
